import { join } from 'node:path';
import { describe, it } from '@jest/globals';
import { useTestServices, type ServiceProcess } from '@kvasir/test-harness';
import { endOfLines, nodeFileSystem } from '@kvasir/wal';
import { FAULT_TIMEOUT_MS, checkFaults } from './testing/fault-run.js';
import { Random } from './testing/random.js';
import { Writer } from './testing/writer.js';

const WRITERS = 16;
/** A round ends behind so many acknowledged writes, at most. */
const MAX_WRITES_A_ROUND = 800;
/** Small enough that some rounds are killed while the log is compacted. */
const COMPACT_OFTEN = { WAL_COMPACT_MIN_BYTES: '40000', WAL_COMPACT_RATIO: '2' };

describe('kill', () => {
  const services = useTestServices();

  it(
    'keeps every acknowledged write, and all or nothing of the others, over kill -9 in the midst of writes',
    () =>
      checkFaults('kill', { short: 20, full: 500 }, async ({ seed, rounds, tick }) => {
        const random = new Random(seed);
        const directory = services.directory();
        const writers = Array.from({ length: WRITERS }, (_, i) => new Writer(i, new Random(seed + 1 + i)));
        let tornTails = 0;
        let withSpace = 0;
        for (let round = 0; round <= rounds; round++) {
          // A killed process loses nothing that it was answered, whatever the policy; it may change between runs.
          const env = { ...COMPACT_OFTEN, FSYNC: random.pick(['always', 'always', 'everysec', 'never']) };
          const service = await services.start({ directory, env });
          tornTails += service.logLines.filter(({ msg }) => msg.includes('never finished')).length;
          for (const writer of writers) await writer.check(service.http);
          // The last start is there to look only.
          if (round < rounds) await writeUntilKilled(service, writers, 1 + random.int(MAX_WRITES_A_ROUND));
          else await service.kill();
          if (await hasSpaceAhead(directory)) withSpace++;
          tick();
        }
        const sum = (count: (writer: Writer) => number): number =>
          writers.reduce((total, writer) => total + count(writer), 0);
        return (
          `${sum((writer) => writer.acknowledged)} acknowledged writes (${sum((writer) => writer.atomic)} of them atomic transactions of several keys), none lost; ` +
          `${sum((writer) => writer.done)} of ${sum((writer) => writer.unanswered)} unanswered ones were done, each whole; ${tornTails} torn tails, ${withSpace} logs with space taken ahead`
        );
      }),
    FAULT_TIMEOUT_MS,
  );
});

/** Whether the log of a service that was killed goes on behind its lines. */
async function hasSpaceAhead(directory: string): Promise<boolean> {
  const log = await nodeFileSystem.open(join(directory, 'wal.log'), 'read');
  try {
    return (await endOfLines(log)) < (await log.size());
  } finally {
    await log.close();
  }
}

/** Has everyone write at once, and kills the service when `writes` writes were acknowledged and more are under way. */
async function writeUntilKilled(service: ServiceProcess, writers: readonly Writer[], writes: number): Promise<void> {
  let left = writes;
  await new Promise<void>((resolve, reject) => {
    const onAcknowledged = (): void => {
      if (--left === 0) service.kill().then(() => undefined, reject);
    };
    Promise.all(writers.map((writer) => writer.work(service.http, { onAcknowledged }))).then(() => resolve(), reject);
  });
  await service.exited;
}
