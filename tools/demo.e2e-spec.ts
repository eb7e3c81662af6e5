import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

const DEMO = fileURLToPath(new URL('demo.mjs', import.meta.url));

describe('the demo', () => {
  let temporary: string;

  beforeEach(() => {
    temporary = mkdtempSync(join(tmpdir(), 'kvasir-'));
  });
  afterEach(() => rmSync(temporary, { recursive: true }));

  /** Runs the demo to its end. `onOutput` sees everything that it has printed so far, and may send it a signal. */
  function run(
    env: Record<string, string> = {},
    onOutput: (output: string, signal: (name: NodeJS.Signals) => void) => void = () => {},
  ): Promise<{ code: number | null; stdout: string; stderr: string }> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [DEMO], {
        env: { PATH: process.env['PATH'], TMPDIR: temporary, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let stdout = '';
      let stderr = '';
      child.stdout.setEncoding('utf8').on('data', (piece: string) => {
        stdout += piece;
        onOutput(stdout, (name) => child.kill(name));
      });
      child.stderr.setEncoding('utf8').on('data', (piece: string) => (stderr += piece));
      child.on('error', reject);
      child.on('close', (code) => resolve({ code, stdout, stderr }));
    });
  }

  it('takes over 5,000 real keys through the service and a SIGKILL, and leaves nothing behind', async () => {
    const { code, stdout, stderr } = await run();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^PUT \/kv\/:key +5,000 keys +\d+\.\d\d s +[\d,]+\/s$/m);
    expect(stdout).toMatch(/^POST \/kv\/batch +\d\d,\d{3} keys +\d+\.\d\d s +[\d,]+\/s$/m);
    expect(stdout).toMatch(/^GET \/kv\/:key after the kill +\d\d,\d{3} keys +\d+\.\d\d s +[\d,]+\/s$/m);
    expect(stdout).toMatch(/\nAll \d\d,\d{3} values \([\d,]+ bytes\) were the same before the kill and after it/);
    expect(readdirSync(temporary)).toEqual([]);
  }, 120_000);

  it('fails with a clear message when the service comes back without the data', async () => {
    const { code, stdout, stderr } = await run({ STORE: 'memory' });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^The demo failed: GET \/kv\?prefix= differs:\n {2}expected .*\n {2}got {6}\{"keys":\[\]\}\n$/,
    );
    expect(stdout).not.toContain('were the same');
    expect(readdirSync(temporary)).toEqual([]);
  }, 120_000);

  it('stops the service and removes its folder when it is interrupted', async () => {
    let interrupted = false;
    const { code, stdout, stderr } = await run({}, (output, signal) => {
      if (interrupted || !output.includes('PUT /kv/:key')) return;
      interrupted = true;
      signal('SIGINT');
    });
    expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
    expect(stdout).not.toContain('were the same');
    expect(readdirSync(temporary)).toEqual([]);
  }, 120_000);
});
