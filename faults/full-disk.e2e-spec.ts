import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { useTestServices, type HttpClient, type HttpAnswer } from '@kvasir/test-harness';
import { FAULT_TIMEOUT_MS, checkFaults } from './testing/fault-run.js';
import { WrappedService } from './testing/wrapped-service.js';

const TMPFS_KIB = 1024;
const FILLER_KIB = 512;
/** What `ulimit -f` counts in. */
const LIMIT_BLOCK_BYTES = 512;
const LIMIT_BYTES = 256 * 1024;
const VALUE = 'v'.repeat(10_000);

describe('full-disk', () => {
  const services = useTestServices();

  it(
    'answers 507 to every write on a full disk while reads go on, and takes writes again by itself when there is space',
    () =>
      checkFaults('full-disk', { short: 1, full: 5 }, async ({ rounds }) => {
        let stored = 0;
        for (let round = 0; round < rounds; round++) {
          const directory = services.directory();
          const mounted = mountTmpfs(directory);
          if (mounted !== undefined) return `NOT AVAILABLE: a tmpfs can not be mounted here (${mounted})`;
          const filler = join(directory, 'filler');
          writeFileSync(filler, Buffer.alloc(FILLER_KIB * 1024));
          const data = join(directory, 'data');
          mkdirSync(data);
          try {
            stored += await fillUp(data, [], () => rmSync(filler));
          } finally {
            spawnSync('umount', ['-l', directory]);
          }
        }
        return `${stored} values stored, before and behind the full disk, all there after a restart; nothing refused came back`;
      }),
    FAULT_TIMEOUT_MS,
  );

  it(
    'does the same when the log meets the limit of its size (ulimit -f), which needs no rights',
    () =>
      checkFaults('full-disk (ulimit)', { short: 1, full: 5 }, async ({ rounds }) => {
        if (spawnSync('prlimit', ['--version']).status !== 0) return 'NOT AVAILABLE: prlimit is not here';
        let stored = 0;
        for (let round = 0; round < rounds; round++) {
          // A soft limit, which its owner may lift again.
          const wrapper = ['sh', '-c', `ulimit -S -f ${LIMIT_BYTES / LIMIT_BLOCK_BYTES}; exec "$@"`, 'sh'];
          stored += await fillUp(services.directory(), wrapper, (pid) => {
            expect(spawnSync('prlimit', ['--pid', String(pid), '--fsize=unlimited:']).status).toBe(0);
          });
        }
        return `${stored} values stored, before and behind the limit, all there after a restart; nothing refused came back`;
      }),
    FAULT_TIMEOUT_MS,
  );

  /** Writes until there is no room, makes room, writes on, and looks at all of it after a restart. Gives how many values were stored. */
  async function fillUp(
    directory: string,
    wrapper: readonly string[],
    makeRoom: (pid: number) => void,
  ): Promise<number> {
    const first = await WrappedService.start(wrapper, directory);
    let stored = 0;
    try {
      const { http } = first;
      expect((await put(http, 'deletable')).status).toBe(200);
      let answer: HttpAnswer;
      while ((answer = await put(http, `k${stored}`)).status === 200) stored++;
      for (let i = 0; i < 3; i++) {
        // Every kind of write is refused; a batch as a whole.
        expect(answer).toMatchObject({ status: 507, text: expect.stringContaining('"error"') });
        answer = await put(http, `refused ${i}`);
        const operations = [{ op: 'set', key: `refused batch ${i}`, value: VALUE }];
        expect((await http.post('/kv/batch', { operations })).status).toBe(507);
      }
      expect((await http.get('/kv/k0')).json()).toEqual({ value: VALUE });
      expect((await http.get(`/kv/k${stored}`)).status).toBe(404);
      makeRoom(first.pid);
      for (let i = 0; i < 5; i++) expect((await put(http, `k${stored++}`)).status).toBe(200);
      expect((await http.delete('/kv/deletable')).status).toBe(200);
    } finally {
      await first.kill();
    }
    const second = await WrappedService.start([], directory);
    try {
      const expected = Array.from({ length: stored }, (_, i) => `k${i}`).sort();
      expect((await second.http.get('/kv')).json()).toEqual({ keys: expected });
      for (const key of expected) expect((await second.http.get(`/kv/${key}`)).json()).toEqual({ value: VALUE });
    } finally {
      await second.kill();
    }
    return stored;
  }
});

function put(http: HttpClient, key: string): Promise<HttpAnswer> {
  return http.put(`/kv/${encodeURIComponent(key)}`, { value: VALUE });
}

/** Mounts a small file system in memory over a folder. Gives why it can't be done. */
function mountTmpfs(directory: string): string | undefined {
  const { status, stderr, error } = spawnSync(
    'mount',
    ['-t', 'tmpfs', '-o', `size=${TMPFS_KIB}k`, 'tmpfs', directory],
    {
      encoding: 'utf8',
    },
  );
  if (status === 0) return undefined;
  return error?.message ?? stderr.trim();
}
