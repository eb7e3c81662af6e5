import { times, withContestants } from '../lib/contestants.mjs';
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

/** Batches of writes, synced before they are answered. */
export async function run({ folder, ...options }) {
  return withContestants(folder, ['plain'], async ([kvasir, plain]) => {
    const batch = (i) => ({
      method: 'POST',
      path: '/kv/batch',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        operations: times(SETS, (j) => ({ op: 'set', key: keyOf(i * SETS + j), value: valueOf(i * SETS + j) })),
      }),
    });
    const load = (port, requests) => httpLoad(folder, port, requests, CONNECTIONS);
    const contestants = [
      {
        name: 'kvasir',
        label: `Kvasir, batches of ${SETS}, each synced`,
        pids: kvasir.pids,
        load: await load(kvasir.port, times(BATCHES, batch)),
      },
      {
        name: 'plain',
        label: `${plain.label}, single PUTs`,
        pids: plain.pids,
        load: await load(plain.port, times(BATCHES, plain.api.put)),
      },
    ];
    const results = await race(contestants, options, options.onRound);
    return {
      settings: { connections: CONNECTIONS, sets: SETS },
      series: seriesOf(results),
      values: {
        sets: spread(results.kvasir.rates.map((rate) => rate * SETS)),
        plain: spread(rateRatios(results, 'kvasir', 'plain').map((ratio) => ratio * SETS)),
      },
    };
  });
}
