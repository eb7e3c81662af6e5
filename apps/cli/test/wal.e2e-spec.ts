import { spawn } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { useTestServices } from '@kvasir/test-harness';
import { LineEncoder } from '@kvasir/wal';
import { FOREIGN, kvasir, MAIN, sampleLines, T, useLogs } from './testing/wal-logs.js';

describe('kvasir wal, as a process', () => {
  const services = useTestServices();
  const { withLog, withDamage, log } = useLogs(services);

  describe('check', () => {
    it('says that a log ends cleanly, what is in it, and changes nothing', () => {
      const directory = withLog(...sampleLines());
      const { status, stdout, stderr } = kvasir('wal', 'check', directory);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      const bytes = Buffer.concat(sampleLines()).length;
      expect(stdout).toBe(
        [
          `${join(directory, 'wal.log')}: clean end: the service was stopped cleanly`,
          `  size           ${bytes} bytes`,
          '  good lines     7: 5 sets, 1 delete, 1 seal',
          '  groups         4, each written together',
          '  transactions   1 of several lines',
          '  last revision  6',
          '  latest time    2023-11-14T22:13:20.004Z',
          '',
        ].join('\n'),
      );
      expect(readdirSync(directory)).toEqual(['wal.log']);
    });

    it.each([1, 2, 3, 4, 5, 6])('names byte, line, reason and evidence when line %d is damaged', (line) => {
      const { directory, offset } = withDamage(line);
      const before = log(directory);
      const { status, stdout } = kvasir('wal', 'check', directory);
      expect(status).toBe(3);
      expect(stdout).toMatch(
        new RegExp(`: corrupt at byte ${offset}, line ${line}: the line .+\\n  It is no torn tail, because .+`),
      );
      expect(log(directory)).toEqual(before);
      expect(readdirSync(directory)).toEqual(['wal.log']);
    });

    it('tells a torn tail from corruption', () => {
      const lines = sampleLines();
      const whole = Buffer.concat(lines.slice(0, 5));
      const { status, stdout } = kvasir('wal', 'check', withLog(whole, lines[5]!.subarray(0, 30)));
      expect(status).toBe(2);
      expect(stdout).toContain(`: torn tail at byte ${whole.length}, line 6: the line does not end in a checksum\n`);
      expect(stdout).toContain('30 bytes from byte');
    });

    it('says how much space a service that was killed had taken ahead', () => {
      const lines = sampleLines().slice(0, -1);
      const directory = withLog(...lines, ' '.repeat(5000));
      const { status, stdout } = kvasir('wal', 'check', directory);
      expect(status).toBe(0);
      expect(stdout).toContain(': clean end: every line is whole; the service was not stopped cleanly\n');
      const { length } = Buffer.concat(lines);
      expect(stdout).toContain(
        `  size           ${(length + 5000).toLocaleString('en-US')} bytes\n  blank          5,000 bytes of them, behind the last line\n`,
      );
      expect(kvasir('wal', 'dump', directory)).toEqual(kvasir('wal', 'dump', withLog(...lines)));
    });

    it('takes an empty log, and one of another program', () => {
      expect(kvasir('wal', 'check', withLog())).toMatchObject({
        status: 0,
        stdout: expect.stringContaining('clean end: the log is empty\n'),
      });
      expect(kvasir('wal', 'check', withLog(FOREIGN))).toMatchObject({
        status: 0,
        stdout: expect.stringContaining('  foreign        2 lines of another program, without checksums\n'),
      });
    });

    it('says what to give when there is no directory, or no log in it', () => {
      const directory = withLog();
      expect(kvasir('wal', 'check', join(directory, 'none'))).toEqual({
        status: 1,
        stdout: '',
        stderr: `kvasir: there is no directory ${join(directory, 'none')}; give the service's data directory (DATA_DIR)\n`,
      });
      rmSync(join(directory, 'wal.log'));
      expect(kvasir('wal', 'check', directory)).toMatchObject({
        status: 1,
        stderr: expect.stringContaining('there is no wal.log in'),
      });
    });
  });

  describe('dump', () => {
    it('prints every line, with nothing that a terminal could act on', () => {
      const { status, stdout, stderr } = kvasir('wal', 'dump', withLog(...sampleLines()));
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toBe(
        [
          '       1  2023-11-14T22:13:20.000Z  set     "user:1"  "Alice"',
          '       2  2023-11-14T22:13:20.001Z  set     "user:2"  "\\u009b[2J"  expires 2023-11-14T22:13:25.000Z',
          '       3  2023-11-14T22:13:20.002Z  set     "c"  {"op":"set"}  (1 of 3 in a transaction)',
          '       4  2023-11-14T22:13:20.002Z  set     "d"  [1.10]  (2 of 3 in a transaction)',
          '       5  2023-11-14T22:13:20.002Z  delete  "user:1"  (3 of 3 in a transaction)',
          '       6  2023-11-14T22:13:20.003Z  set     "e\\n"  12345678901234567890',
          '       6  2023-11-14T22:13:20.004Z  seal',
          '',
        ].join('\n'),
      );
    });

    it.each([
      [
        ['--key', 'user:1'],
        [1, 5],
      ],
      [
        ['--prefix', 'user:'],
        [1, 2, 5],
      ],
      [
        ['--from-revision', '2', '--to-revision', '4'],
        [2, 3, 4],
      ],
      [['--prefix', 'user:', '--from-revision', '5'], [5]],
      [['--key', 'none'], []],
    ])('prints only what is asked for with %j', (options, revisions) => {
      const { status, stdout } = kvasir('wal', 'dump', withLog(...sampleLines()), ...options);
      expect(status).toBe(0);
      expect([...stdout.matchAll(/^ *(\d+) /gm)].map(([, revision]) => Number(revision))).toEqual(revisions);
    });

    it('prints JSON with the values as they stand', () => {
      const { stdout } = kvasir('wal', 'dump', withLog(...sampleLines()), '--json');
      const lines = stdout.trimEnd().split('\n');
      expect(lines[5]).toMatch(/"key":"e\\n","value":12345678901234567890\}$/);
      expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
        {
          line: 1,
          offset: 0,
          revision: 1,
          op: 'set',
          timestamp: T,
          group: 1,
          expiresAt: null,
          key: 'user:1',
          value: 'Alice',
        },
        expect.objectContaining({ line: 2, expiresAt: T + 5000, value: '\u009b[2J' }),
        expect.objectContaining({ revision: 3, txn: [1, 3], group: 3 }),
        expect.objectContaining({ revision: 4, value: [1.1] }),
        expect.objectContaining({ op: 'delete', key: 'user:1', txn: [3, 3] }),
        expect.objectContaining({ key: 'e\n' }),
        expect.objectContaining({ op: 'seal', revision: 6, timestamp: T + 4 }),
      ]);
    });

    it('prints up to the damage and says there what is wrong', () => {
      const { status, stdout, stderr } = kvasir('wal', 'dump', withDamage(2).directory);
      expect({ status, lines: stdout.split('\n').length - 1 }).toEqual({ status: 3, lines: 1 });
      expect(stderr).toMatch(/^kvasir: .*wal\.log: corrupt at byte \d+, line 2: /);
    });

    it('prints the lines of another program, with their position as revision', () => {
      expect(kvasir('wal', 'dump', withLog(FOREIGN)).stdout).toBe(
        '       1  2020-09-13T12:26:40.000Z  set     "a"  {"x":1}  (foreign)\n' +
          '       2  2020-09-13T12:26:41.000Z  delete  "b"  (foreign)\n',
      );
    });

    it('ends quietly when its reader has seen enough', async () => {
      const encoder = new LineEncoder();
      for (let i = 1; i <= 20_000; i++) encoder.encodeSet(`k${i}`, '"v"', Infinity, T, undefined, i, i);
      const dump = spawn(process.execPath, [MAIN, 'wal', 'dump', withLog(Buffer.from(encoder.bytes()))]);
      let stderr = '';
      dump.stderr.on('data', (piece: Buffer) => (stderr += piece.toString()));
      dump.stdout.once('data', () => dump.stdout.destroy());
      const status = await new Promise((resolve) => dump.on('close', resolve));
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    });
  });
});
