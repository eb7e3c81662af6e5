import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { useTestServices } from '@kvasir/test-harness';
import { FAULT_TIMEOUT_MS, checkFaults } from './testing/fault-run.js';
import { Random } from './testing/random.js';
import { WrappedService } from './testing/wrapped-service.js';
import { Writer } from './testing/writer.js';

const WRITERS = 8;
/** The sync that fails is one of the first so many. */
const MAX_SYNCS = 60;

describe('sync-failure', () => {
  const services = useTestServices();

  it(
    'acknowledges nothing behind a failed sync, says so and ends with status 1; the next start has all that was acknowledged',
    () =>
      checkFaults('sync-failure', { short: 2, full: 40 }, async ({ seed, rounds, tick }) => {
        if (!straceWorks()) return 'NOT AVAILABLE: strace is not here, or may not trace; nothing was tried';
        const random = new Random(seed);
        let acknowledged = 0;
        for (let round = 0; round < rounds; round++) {
          const directory = services.directory();
          const writers = Array.from(
            { length: WRITERS },
            (_, i) => new Writer(i, new Random(seed + round * WRITERS + i)),
          );
          await failAt(1 + random.int(MAX_SYNCS), directory, writers);
          const service = await services.start({ directory });
          for (const writer of writers) await writer.check(service.http);
          expect((await service.stop()).code).toBe(0);
          tick();
          acknowledged += writers.reduce((sum, writer) => sum + writer.acknowledged, 0);
        }
        return `${rounds} failed syncs, ${acknowledged} acknowledged writes before them, none lost; the service ended each time`;
      }),
    FAULT_TIMEOUT_MS,
  );
});

/** Runs the service until its `sync`th write that syncs the log, which fails with EIO without having been made. */
async function failAt(sync: number, directory: string, writers: readonly Writer[]): Promise<void> {
  // Every write to the log is one that syncs, with the descriptor that was opened for that.
  const inject = ['-P', join(directory, 'wal.log'), '-e', `inject=pwrite64:error=EIO:when=${sync}`];
  const trace = ['-e', 'trace=pwrite64', ...inject];
  const service = await WrappedService.start(['strace', '-f', '-qq', '-o', '/dev/null', ...trace], directory);
  try {
    // An answer behind the failure could only be a refusal.
    await Promise.all(writers.map((writer) => writer.work(service.http, { unclear: 503 })));
    expect(await service.end()).toBe(1);
    expect(service.log.filter((line) => line.includes('"level":60'))).toEqual([expect.stringContaining('EIO')]);
  } finally {
    await service.kill();
  }
}

function straceWorks(): boolean {
  return spawnSync('strace', ['-f', '-qq', '-o', '/dev/null', '-e', 'trace=pwrite64', 'true']).status === 0;
}
