import { join } from 'node:path';
import { STEP, writeLog } from '../lib/folders.mjs';
import { OPEN } from '../lib/guard.mjs';
import { LOAD } from '../lib/paths.mjs';
import { startHelper } from '../lib/processes.mjs';
import { keyOf } from '../lib/requests.mjs';
import { spread } from '../lib/statistics.mjs';
import { waitsDuring } from '../lib/waits.mjs';
import { RawClient } from '../load/raw-client.mjs';
import { startKvService } from '../peers/kv-service.mjs';

const KEYS = 1_000_000;
const WARM_UPS = 3;
const QUIET_MS = 1000;
/** Each is over in a second: more of them, so that one hiccup of the machine is not the figure. */
const ROUNDS_FACTOR = 3;

export const figures = [
  {
    id: 'pause',
    text: 'a listing of 1,000,000 keys: longest pause it causes to other requests',
    unit: 'ms',
    better: 'less',
    bound: 20,
    aim: 5,
  },
  { id: 'quiet', text: 'the same without the listing: what the machine itself does', unit: 'ms', better: 'less' },
  { id: 'listing', text: 'how long the listing took', unit: 'ms', better: 'less' },
];

/** Small reads one after the other, on one connection, while all keys are listed on another: the longest wait for an answer. */
export async function run({ folder, guard = OPEN, rounds, onRound }) {
  await writeLog(join(folder, 'wal.log'), KEYS, (i) => keyOf((i * STEP) % KEYS));
  const service = await startKvService({ DATA_DIR: folder, ...guard.env });
  try {
    const client = await RawClient.open(service.port);
    // Started beforehand: a process that begins takes the machine for longer than what is measured.
    const reader = startHelper(join(LOAD, 'list-reader.mjs'), [service.port, ...(guard.apiKey ? [guard.apiKey] : [])]);
    const longestWait = async (during) =>
      (await waitsDuring(client, KEYS, during, guard)).reduce((longest, wait) => Math.max(longest, wait), 0);
    const listAll = () => reader.ask('/kv');
    for (let i = 0; i < WARM_UPS; i++) await longestWait(listAll());
    const values = { pause: [], quiet: [], listing: [] };
    for (let round = 0; round < rounds * ROUNDS_FACTOR; round++) {
      onRound(round);
      values.quiet.push(await longestWait(new Promise((resolve) => setTimeout(resolve, QUIET_MS))));
      const list = listAll();
      values.pause.push(await longestWait(list));
      values.listing.push((await list).ms);
    }
    client.close();
    reader.stop();
    return {
      settings: { keys: KEYS },
      values: Object.fromEntries(Object.entries(values).map(([id, numbers]) => [id, spread(numbers)])),
    };
  } finally {
    await service.stop();
  }
}
