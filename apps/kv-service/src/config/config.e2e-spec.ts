import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const ROOT = new URL('../../../../', import.meta.url);
const MAIN = fileURLToPath(new URL('dist/apps/kv-service/src/main.js', ROOT));

describe('kv-service as a process, in another working directory', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kvasir-config-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function start(argv: string[], env: Record<string, string> = {}) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...argv], {
      cwd: folder,
      env: { ...env, PATH: process.env['PATH'] },
      encoding: 'utf8',
      timeout: 20_000,
    });
    return { status, stdout, stderr };
  }

  it.each([
    [[], { PORT: '80a0' }, /^PORT is "80a0": allowed is a port number from 0 to 65535[^\n]*\n$/],
    [['--port', '80a0'], {}, /^--port is "80a0": allowed is a port number from 0 to 65535[^\n]*\n$/],
    [['--prot', '8000'], {}, /^--prot is not a flag of kv-service: --help lists what can be set\n$/],
    [['--data-dir'], {}, /^--data-dir needs a value: allowed is a path[^\n]*\n$/],
  ])('refuses %j %j with one line on standard error and status 1', (argv, env, line) => {
    expect(start(argv, env)).toEqual({ status: 1, stdout: '', stderr: expect.stringMatching(line) });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('prints the version of package.json', () => {
    const { version } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')) as { version: string };
    expect(start(['--version'])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('prints its settings, and does not start', () => {
    const { status, stdout, stderr } = start(['--help']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^Usage: kv-service \[flags\]\n/);
    expect(readdirSync(folder)).toEqual([]);
  });
});
