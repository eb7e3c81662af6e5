import { times, withContestants } from '../lib/contestants.mjs';
import { OPEN } from '../lib/guard.mjs';
import { httpLoad } from '../lib/http-load.mjs';
import { race, rateRatios, seriesOf } from '../lib/race.mjs';
import { keyOf, valueOf } from '../lib/requests.mjs';
import { spread } from '../lib/statistics.mjs';

const CONNECTIONS = 64;
const SETS = 100;
const BATCHES = 500;

export const figures = [
  { id: 'sets', text: 'POST /kv/batch of 100 sets, durable', unit: 'sets/s', bound: 300_000, aim: 600_000 },
  { id: 'plain', text: 'its sets a second beside single PUTs of plain node:http in memory', unit: 'times' },
];

const batch = (i) => ({
  method: 'POST',
  path: '/kv/batch',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({
    operations: times(SETS, (j) => ({ op: 'set', key: keyOf(i * SETS + j), value: valueOf(i * SETS + j) })),
  }),
});

/** Batches of writes, synced before they are answered. */
export async function run({ folder, guard = OPEN, peers = ['plain'], ...options }) {
  const batches = (i) => guard.request(batch(i), i);
  const contestant = async ({ name, port, pids }, label, requestOf) => ({
    name,
    label,
    pids,
    load: await httpLoad(folder, port, times(BATCHES, requestOf), CONNECTIONS),
  });
  const work = async ([kvasir, plain]) => {
    const contestants = [await contestant(kvasir, `Kvasir, batches of ${SETS}, each synced`, batches)];
    if (plain) contestants.push(await contestant(plain, `${plain.label}, single PUTs`, plain.api.put));
    const results = await race(contestants, options, options.onRound);
    const ofSets = (numbers) => spread(numbers.map((number) => number * SETS));
    return {
      settings: { connections: CONNECTIONS, sets: SETS },
      series: seriesOf(results),
      values: {
        sets: ofSets(results.kvasir.rates),
        ...(plain && { plain: ofSets(rateRatios(results, 'kvasir', 'plain')) }),
      },
    };
  };
  return withContestants(folder, peers, work, guard);
}
