import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { useTestServices } from '@kvasir/test-harness';
import { FOREIGN, kvasir, sampleLines, useLogs } from './testing/wal-logs.js';

describe('kvasir wal, as a process', () => {
  const services = useTestServices();
  const { withLog, withDamage, log, served } = useLogs(services);

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
});
