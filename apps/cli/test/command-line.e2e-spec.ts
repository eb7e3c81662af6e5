import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { useTestServices } from '@kvasir/test-harness';
import { kvasir, MAIN, ROOT } from './testing/wal-logs.js';

describe('kvasir, as a process', () => {
  const services = useTestServices();

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
        env: { ...process.env, npm_config_cache: services.directory() },
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
