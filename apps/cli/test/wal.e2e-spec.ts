import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { useTestServices } from '@kvasir/test-harness';
import { LineEncoder } from '@kvasir/wal';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const MAIN = join(ROOT, 'dist/apps/cli/src/main.js');
const T = 1_700_000_000_000;

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function kvasir(...args: string[]): Ran {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { status, stdout, stderr };
}

/** Lines by number: 1 and 2 stand alone, 3 to 5 are a transaction, 6 is alone again, 7 is a seal. */
function sampleLines(): Buffer[] {
  const line = (encode: (encoder: LineEncoder) => void): Buffer => {
    const encoder = new LineEncoder();
    encode(encoder);
    return Buffer.from(encoder.bytes());
  };
  return [
    line((e) => e.encodeSet('user:1', '"Alice"', Infinity, T, undefined, 1, 1)),
    line((e) => e.encodeSet('user:2', '"\u009b[2J"', T + 5000, T + 1, undefined, 2, 2)),
    line((e) => e.encodeSet('c', '{"op":"set"}', Infinity, T + 2, undefined, 3, 3, 1, 3)),
    line((e) => e.encodeSet('d', '[1.10]', Infinity, T + 2, undefined, 4, 3, 2, 3)),
    line((e) => e.encodeDelete('user:1', T + 2, 5, 3, 3, 3)),
    line((e) => e.encodeSet('e\n', '12345678901234567890', Infinity, T + 3, undefined, 6, 6)),
    line((e) => e.encodeSeal(T + 4, 6)),
  ];
}

const FOREIGN =
  '{"op":"set","key":"a","value": {"x": 1},"timestamp":1600000000}\n{"op":"delete","key":"b","timestamp":1600000001}\n';

describe('kvasir wal, as a process', () => {
  const services = useTestServices();
  let folder: string;
  let count = 0;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kvasir-cli-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** A data directory with these bytes as its log. */
  function withLog(...parts: (Buffer | string)[]): string {
    const directory = join(folder, `d${++count}`);
    mkdirSync(directory);
    writeFileSync(join(directory, 'wal.log'), Buffer.concat(parts.map((part) => Buffer.from(part))));
    return directory;
  }

  /** The sample, with one bit of a line changed. */
  function withDamage(line: number, at = 20): { directory: string; offset: number } {
    const lines = sampleLines();
    lines[line - 1]![at]! ^= 1;
    return { directory: withLog(...lines), offset: Buffer.concat(lines.slice(0, line - 1)).length };
  }

  function log(directory: string): Buffer {
    return readFileSync(join(directory, 'wal.log'));
  }

  /** A service's keys and values over the directory. */
  async function served(directory: string): Promise<Record<string, string>> {
    const service = await services.start({ directory });
    const { keys } = JSON.parse((await service.http.get('/kv')).text) as { keys: string[] };
    const held: Record<string, string> = {};
    for (const key of keys) held[key] = (await service.http.get(`/kv/${encodeURIComponent(key)}`)).text;
    await service.stop();
    return held;
  }

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

  describe('repair', () => {
    it('says what it would drop and changes nothing with --dry-run', () => {
      const { directory, offset } = withDamage(4);
      const before = log(directory);
      const { status, stdout } = kvasir('wal', 'repair', directory, '--dry-run');
      expect(status).toBe(3);
      const third = Buffer.concat(sampleLines().slice(0, 2)).length;
      expect(stdout).toContain(
        [
          'A repair drops:',
          `  line 3, ${offset - third} bytes from byte ${third} on: it belongs to a transaction of 3 lines of which only 1 are there`,
        ].join('\n'),
      );
      expect(stdout).toContain(`  lines 4 to 5, `);
      expect(stdout).toContain('  revisions 3 to 5 are gone with it\n');
      expect(stdout).toContain('It keeps 3 writes; the last revision stays 6.\nNothing was changed (--dry-run).\n');
      expect(log(directory)).toEqual(before);
      expect(readdirSync(directory)).toEqual(['wal.log']);
    });

    it('asks, and without a terminal to ask on changes nothing', () => {
      const { directory } = withDamage(2);
      const before = log(directory);
      expect(kvasir('wal', 'repair', directory)).toMatchObject({
        status: 1,
        stderr:
          'kvasir: there is no terminal to ask on; --yes repairs without asking, --dry-run shows what would be dropped\n',
      });
      expect(log(directory)).toEqual(before);
    });

    it.each([
      [1, { 'user:2': false, c: true, d: true, 'e\n': true, 'user:1': false }],
      [2, { c: true, d: true, 'e\n': true, 'user:1': false }],
      [4, { 'user:1': true, 'e\n': true, c: false, d: false }],
      [6, { c: true, d: true, 'user:1': false, 'e\n': false }],
    ])(
      'keeps the damaged log and leaves one that the service starts with (line %d damaged)',
      async (line, expected) => {
        const { directory } = withDamage(line);
        const before = log(directory);
        const { status, stdout } = kvasir('wal', 'repair', directory, '--yes');
        expect(status).toBe(0);
        const [, backup] = /The damaged log is kept as (.+)\.\n/.exec(stdout) ?? [];
        expect(readFileSync(backup!)).toEqual(before);
        expect(kvasir('wal', 'check', directory)).toMatchObject({ status: 0 });
        const held = await served(directory);
        // user:2 has expired long ago.
        for (const [key, there] of Object.entries(expected)) expect([key, key in held]).toEqual([key, there]);
        if (expected['e\n']) expect(held['e\n']).toBe('{"value":12345678901234567890}');
        expect(readdirSync(directory).filter((name) => name.includes('repair'))).toEqual([]);
      },
    );

    it('never overwrites a backup, and has nothing to do the second time', () => {
      const { directory } = withDamage(2);
      const bytes = log(directory);
      kvasir('wal', 'repair', directory, '--yes');
      expect(kvasir('wal', 'repair', directory, '--yes')).toMatchObject({
        status: 0,
        stdout: expect.stringContaining('Nothing to repair; nothing was changed.'),
      });
      writeFileSync(join(directory, 'wal.log'), bytes);
      kvasir('wal', 'repair', directory, '--yes');
      const backups = readdirSync(directory).filter((name) => name.startsWith('wal.log.damaged-'));
      expect(backups.map((name) => readFileSync(join(directory, name)).equals(bytes))).toEqual([true, true]);
    });

    it('moves a torn tail to a file of its own', () => {
      const lines = sampleLines();
      const whole = Buffer.concat(lines.slice(0, 2));
      const directory = withLog(whole, lines[2]!);
      const { status, stdout } = kvasir('wal', 'repair', directory, '--yes');
      expect(status).toBe(0);
      const [, saved] = /moved [0-9,]+ bytes? to (.+)\.\n/.exec(stdout) ?? [];
      expect(readFileSync(saved!)).toEqual(lines[2]);
      expect(log(directory)).toEqual(whole);
    });

    it('keeps what it can read of a damaged log of another program', async () => {
      const directory = withLog('{"op":"set","key":"a","val\n', FOREIGN);
      expect(kvasir('wal', 'check', directory).status).toBe(3);
      expect(kvasir('wal', 'repair', directory, '--yes').status).toBe(0);
      expect(await served(directory)).toEqual({ a: '{"value":{"x":1}}' });
    });
  });

  describe('compact', () => {
    it('leaves the live entries, and says how much that saved', async () => {
      const lines = sampleLines();
      const directory = withLog(...lines);
      const { status, stdout, stderr } = kvasir('wal', 'compact', directory);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toMatch(/: \d+ bytes became \d+ bytes with 3 live entries, in \d+\.\d s\.\n$/);
      expect(kvasir('wal', 'check', directory)).toMatchObject({
        status: 0,
        stdout: expect.stringContaining('compacted      3 lines'),
      });
      expect(Object.keys(await served(directory))).toEqual(['c', 'd', 'e\n']);
    });

    it('does nothing to a corrupt log', () => {
      const { directory } = withDamage(2);
      const before = log(directory);
      expect(kvasir('wal', 'compact', directory)).toMatchObject({
        status: 3,
        stderr: expect.stringContaining('corrupt at byte'),
      });
      expect(log(directory)).toEqual(before);
    });

    it.each(['check', 'dump', 'repair'])('leaves a log that %s takes', (command) => {
      const directory = withLog(...sampleLines());
      kvasir('wal', 'compact', directory);
      expect(kvasir('wal', command, directory).status).toBe(0);
    });
  });

  describe('beside a running service', () => {
    it('refuses to touch its log, and looks at it when told to', async () => {
      const service = await services.start();
      await service.http.put('/kv/a', { value: 1 });
      const { directory } = service;
      for (const command of ['check', 'dump', 'repair', 'compact']) {
        expect(kvasir('wal', command, directory)).toMatchObject({
          status: 1,
          stdout: '',
          stderr: expect.stringContaining(`in use by another process: ${service.pid} on`),
        });
      }
      expect(kvasir('wal', 'dump', directory, '--no-lock', '--key', 'a')).toMatchObject({
        status: 0,
        stdout: expect.stringContaining('"a"  1'),
      });
      expect(kvasir('wal', 'check', directory, '--no-lock').status).toBe(0);
      expect((await service.http.put('/kv/b', { value: 1 })).status).toBe(200);
    });
  });

  describe('the command line', () => {
    it.each([
      [['--help'], 'Usage: kvasir '],
      [['wal', '--help'], 'Usage: kvasir wal '],
      ...['check', 'dump', 'repair', 'compact'].map((name): [string[], string] => [
        ['wal', name, '--help'],
        `Usage: kvasir wal ${name} `,
      ]),
    ])('explains itself with %j', (args, usage) => {
      expect(kvasir(...args)).toMatchObject({ status: 0, stderr: '', stdout: expect.stringContaining(usage) });
    });

    // npx makes the program executable only when it links it into its cache, not when that link is there from an earlier build.
    it('is executable as it was built', () => {
      expect(statSync(MAIN).mode & 0o111).toBe(0o111);
    });

    it('is there as `npx kvasir` in the project itself', () => {
      const { status, stdout, stderr } = spawnSync('npx', ['--offline', 'kvasir', 'wal', '--help'], {
        cwd: ROOT,
        encoding: 'utf8',
        env: { ...process.env, npm_config_cache: join(folder, 'npm-cache') },
      });
      expect({ status, stdout, stderr }).toEqual(kvasir('wal', '--help'));
    });

    it('prints the version of package.json', () => {
      const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
      expect(kvasir('--version')).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
    });

    it.each([
      [['wal', 'check']],
      [['wal', 'chekc', 'x']],
      [['wal', 'dump', 'x', '--from-revision', '-1']],
      [['wal', 'check', 'x', '--jsn']],
    ])('refuses %j with status 1 and a word about it', (args) => {
      const { status, stdout, stderr } = kvasir(...args);
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
      expect(stderr).toMatch(/^error: [^]+--help lists what there is/);
    });
  });
});
