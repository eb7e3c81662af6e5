import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { useTestServices } from '@kvasir/test-harness';
import { FAULT_TIMEOUT_MS, checkFaults } from './testing/fault-run.js';
import { WrappedService } from './testing/wrapped-service.js';

describe('owner', () => {
  const services = useTestServices();

  it(
    'gives a data directory to one process at a time, and to the next one as soon as the owner is dead',
    () =>
      checkFaults('owner', { short: 1, full: 25 }, async ({ rounds, tick }) => {
        for (let round = 0; round < rounds; round++) {
          const directory = services.directory();
          const first = await services.start({ directory });
          expect((await first.http.put('/kv/a', { value: round })).status).toBe(200);
          const second = await services.run({ directory });
          expect(second).toMatchObject({
            code: 1,
            stdout: expect.stringContaining(`in use by another process: ${first.pid} on`),
          });
          expect((await first.http.put('/kv/b', { value: round })).status).toBe(200);
          await first.kill();
          const next = await services.start({ directory });
          expect((await next.http.get('/kv/b')).json()).toEqual({ value: round });
          await next.kill();
          tick();
        }
        return 'each second process was refused with the name of the owner; no dead one was in the way';
      }),
    FAULT_TIMEOUT_MS,
  );

  it('is not fooled by a lock file that names a process which lives but is another one', async () => {
    const directory = services.directory();
    const first = await services.start({ directory });
    await first.kill();
    const lock = join(directory, 'lock');
    const left = JSON.parse(readFileSync(lock, 'utf8')) as { pid: number };
    expect(left.pid).toBe(first.pid);
    // As if the dead owner's number had been given to this process.
    writeFileSync(lock, JSON.stringify({ ...left, pid: process.pid }));
    const next = await services.start({ directory });
    expect((await next.stop()).code).toBe(0);
  });

  it(
    'refuses a process of another container on the same volume, where process numbers mean something else',
    () =>
      checkFaults('owner (container)', { short: 1, full: 3 }, async ({ rounds }) => {
        // What a container has of its own: process numbers, a host name, mounts.
        const container = ['unshare', '--pid', '--fork', '--uts', '--mount-proc'];
        if (spawnSync('unshare', [...container.slice(1), 'true']).status !== 0) {
          return 'NOT AVAILABLE: unshare is not here, or may not make namespaces; nothing was tried';
        }
        for (let round = 0; round < rounds; round++) {
          const directory = services.directory();
          const first = await WrappedService.start(container, directory);
          try {
            await expect(WrappedService.start(container, directory)).rejects.toThrow('in use by another process');
            expect((await first.http.put('/kv/a', { value: 1 })).status).toBe(200);
          } finally {
            await first.kill();
          }
          const next = await WrappedService.start(container, directory);
          await next.kill();
        }
        return 'each was refused while the first one lived, and let in when it was dead';
      }),
    FAULT_TIMEOUT_MS,
  );

  it('lets exactly one of several start that begin at the same time', async () => {
    const directory = services.directory();
    const starts = await Promise.allSettled([1, 2, 3].map(() => services.start({ directory })));
    const refused = starts
      .filter(({ status }) => status === 'rejected')
      .map((start) => String((start as PromiseRejectedResult).reason));
    expect(refused).toEqual([
      expect.stringContaining('in use by another process'),
      expect.stringContaining('in use by another process'),
    ]);
  });
});
