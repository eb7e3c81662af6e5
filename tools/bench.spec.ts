import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const bench = (...args: string[]): ReturnType<typeof spawnSync> =>
  spawnSync(process.execPath, [at('../bench/bench.mjs'), ...args], { encoding: 'utf8' });

const { status, stdout } = bench('--list');
const names = String(stdout)
  .split('\n')
  .flatMap((line) => /^\S+/.exec(line) ?? []);

describe('npm run bench', () => {
  it('lists its benches', () => {
    expect(status).toBe(0);
    expect(names).toEqual(expect.arrayContaining(['get', 'put', 'batch', 'grpc', 'replay', 'postgres']));
  });

  it('has a row in bench/README.md for each of them, and no other', () => {
    const rows = readFileSync(at('../bench/README.md'), 'utf8').matchAll(/^\| `([a-z0-9-]+)` +\|/gm);
    expect(Array.from(rows, ([, name]) => name)).toEqual(names);
  });

  it('has a place for the figures of each of them in docs/performance.md', () => {
    const places = readFileSync(at('../docs/performance.md'), 'utf8').matchAll(
      /<!-- bench: ([a-z0-9-]+) -->[^]*?<!-- end of bench: \1 -->/g,
    );
    expect(new Set(Array.from(places, ([, name]) => name))).toEqual(new Set(['table', ...names]));
  });

  it('refuses a name that is none', () => {
    const { status: refused, stderr } = bench('gets');
    expect(refused).toBe(2);
    expect(stderr).toContain("there is no bench 'gets'; --list names them");
  });
});
