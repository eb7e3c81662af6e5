import { join } from 'node:path';
import { STEP, writeLog } from '../lib/folders.mjs';
import { LOAD } from '../lib/paths.mjs';
import { startHelper } from '../lib/processes.mjs';
import { keyOf, valueOf } from '../lib/requests.mjs';
import { percentile, spread } from '../lib/statistics.mjs';
import { waitsDuring } from '../lib/waits.mjs';
import { RawClient } from '../load/raw-client.mjs';
import { startKvService } from '../peers/kv-service.mjs';

const KEYS = 300_000;
const ADMIN_KEY = 'bench';
const QUIET_MS = 2000;

const WHAT = {
  export: 'an export of 300,000 entries',
  merge: 'an import of 300,000 entries with merge',
  replace: 'an import of 300,000 entries with replace',
};

const ms = { unit: 'ms', better: 'less' };

export const figures = [
  ...Object.entries(WHAT).flatMap(([id, what]) => [
    { id, text: `${what}: longest pause it causes to other requests`, ...ms, bound: 20, aim: 10 },
    { id: `${id}-p99`, text: 'the 99th percentile of their waits meanwhile', ...ms },
    { id: `${id}-time`, text: 'how long it took', ...ms },
  ]),
  { id: 'quiet', text: 'the longest without any of them: what the machine itself does', ...ms },
];

/** Small reads one after the other, on one connection, while all entries are exported or imported on another: the longest wait for an answer. */
export async function run({ folder, rounds, onRound }) {
  await writeLog(
    join(folder, 'wal.log'),
    KEYS,
    (i) => keyOf((i * STEP) % KEYS),
    (i) => JSON.stringify(valueOf((i * STEP) % KEYS)),
  );
  const service = await startKvService({ DATA_DIR: folder, ADMIN_KEY });
  try {
    const client = await RawClient.open(service.port);
    // Started beforehand: a process that begins takes the machine for longer than what is measured.
    const helper = startHelper(join(LOAD, 'transfer.mjs'), [service.port, ADMIN_KEY]);
    const file = join(folder, 'backup');
    const work = {
      export: () => helper.ask({ save: file }),
      merge: () => helper.ask({ send: file, mode: 'merge' }),
      replace: () => helper.ask({ send: file, mode: 'replace' }),
    };
    const values = Object.fromEntries(figures.map(({ id }) => [id, []]));
    // The first round is the compiler's.
    for (let round = -1; round < rounds; round++) {
      if (round >= 0) onRound(round);
      const quiet = await waitsDuring(client, KEYS, new Promise((resolve) => setTimeout(resolve, QUIET_MS)));
      const measured = { quiet: longestOf(quiet) };
      for (const id of Object.keys(work)) {
        const transfer = work[id]();
        const waits = await waitsDuring(client, KEYS, transfer);
        measured[id] = longestOf(waits);
        measured[`${id}-p99`] = percentile(waits, 0.99);
        measured[`${id}-time`] = (await transfer).ms;
      }
      if (round >= 0) for (const [id, value] of Object.entries(measured)) values[id].push(value);
    }
    client.close();
    helper.stop();
    return {
      settings: { keys: KEYS },
      values: Object.fromEntries(Object.entries(values).map(([id, numbers]) => [id, spread(numbers)])),
    };
  } finally {
    await service.stop();
  }
}

/** Of more numbers than a call takes arguments. */
const longestOf = (waits) => waits.reduce((longest, wait) => Math.max(longest, wait), 0);
