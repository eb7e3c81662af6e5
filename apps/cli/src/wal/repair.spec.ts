import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LineEncoder } from '@kvasir/wal';
import { createProgram } from '../program.js';
import { FakeTerminal } from '../testing/fake-terminal.js';

let directory: string;
let before: Buffer;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kvasir-repair-'));
  const encoder = new LineEncoder();
  for (let i = 1; i <= 3; i++) encoder.encodeSet(`k${i}`, '1', Infinity, 1_700_000_000_000, undefined, i, i);
  before = Buffer.from(encoder.bytes());
  before[5]! ^= 1;
  writeFileSync(join(directory, 'wal.log'), before);
});
afterEach(() => rmSync(directory, { recursive: true }));

const logNow = (): Buffer => readFileSync(join(directory, 'wal.log'));

async function repair(answer: string | undefined): Promise<{ status: number; terminal: FakeTerminal }> {
  const terminal = new FakeTerminal(true);
  if (answer === undefined) terminal.input.end();
  else terminal.input.write(`${answer}\n`);
  const status = await createProgram(terminal, '1.2.3').run(['wal', 'repair', directory]);
  return { status, terminal };
}

describe('kvasir wal repair on a terminal', () => {
  it.each(['y', 'Y', 'yes', ' yes '])('repairs when the answer is %j', async (answer) => {
    const { status, terminal } = await repair(answer);
    expect(status).toBe(0);
    expect(terminal.messageText).toContain('Repair the log? A backup is kept. [y/N] ');
    expect(terminal.text).toContain('The log is repaired: the service can be started.');
    expect(logNow()).not.toEqual(before);
  });

  it.each(['', 'n', 'no', 'yikes', 'ye', undefined])('changes nothing when the answer is %j', async (answer) => {
    const { status, terminal } = await repair(answer);
    expect(status).toBe(1);
    expect(terminal.text).toMatch(/Nothing was changed\.\n$/);
    expect(logNow()).toEqual(before);
    expect(readdirSync(directory).sort()).toEqual(['lock', 'wal.log']);
  });

  it('says what goes before it asks', async () => {
    const { terminal } = await repair('n');
    expect(terminal.text).toContain('  line 1, ');
    expect(terminal.text).toContain('  revision 1 is gone with it\nIt keeps 2 writes; the last revision stays 3.\n');
  });

  it('removes what a repair that was cut off has left', async () => {
    writeFileSync(join(directory, 'wal.log.repair'), 'half a repair');
    const { status } = await repair('y');
    expect(status).toBe(0);
    expect(
      readdirSync(directory)
        .filter((name) => !name.includes('damaged'))
        .sort(),
    ).toEqual(['lock', 'wal.log']);
  });
});
