import { times, withContestants } from '../lib/contestants.mjs';
import { httpLoad, sendAll } from '../lib/http-load.mjs';
import { race, rateRatios, seriesOf } from '../lib/race.mjs';
import { spread } from '../lib/statistics.mjs';

const CONNECTIONS = 64;
const KEYS = 10_000;

export const figures = [
  { id: 'plain', text: 'GET /kv/:key beside plain node:http', unit: 'times', bound: 0.85, aim: 1 },
  { id: 'fastapi', text: 'GET beside FastAPI', unit: 'times', bound: 2, aim: 3 },
  { id: 'aiohttp', text: 'GET beside aiohttp', unit: 'times', bound: 2, aim: 3 },
  { id: 'webdis', text: 'GET beside webdis + redis', unit: 'times' },
  { id: 'etcd', text: "GET beside etcd's JSON gateway", unit: 'times' },
];

const FULL = ['plain', 'fastapi', 'aiohttp', 'webdis', 'etcd'];
const QUICK = ['plain'];

/** Reads of a small value over HTTP. */
export async function run({ folder, quick, guard, peers = quick ? QUICK : FULL, ...options }) {
  const work = async (contestants) => {
    const loads = [];
    for (const { name, label, api, port, pids } of contestants) {
      await sendAll(port, times(KEYS, api.put));
      const load = await httpLoad(folder, port, times(KEYS, api.get), CONNECTIONS);
      loads.push({ name, label: label.replace(/, each write synced$/, ''), pids, load });
    }
    await sameAnswers(contestants);
    const results = await race(loads, options, options.onRound);
    const others = contestants.slice(1).map(({ name }) => name);
    return {
      settings: { connections: CONNECTIONS, keys: KEYS },
      series: seriesOf(results),
      values: Object.fromEntries(others.map((name) => [name, spread(rateRatios(results, 'kvasir', name))])),
    };
  };
  return withContestants(folder, peers, work, guard);
}

/** Refuses a plain service whose answers are not kv-service's. */
async function sameAnswers(contestants) {
  const bodies = await Promise.all(
    contestants.slice(0, 2).map(async ({ port, api }) => (await sendAll(port, [api.get(1)]))[0]),
  );
  if (bodies[0] !== bodies[1]) throw new Error(`kv-service answers ${bodies[0]}, plain node:http ${bodies[1]}`);
}
