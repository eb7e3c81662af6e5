import { times, withContestants } from '../lib/contestants.mjs';
import { httpLoad } from '../lib/http-load.mjs';
import { race, rateRatios, seriesOf } from '../lib/race.mjs';
import { spread } from '../lib/statistics.mjs';

const KEYS = 10_000;

export const figures = [
  {
    id: 'plain',
    text: 'PUT /kv/:key, FSYNC=always, beside plain node:http in memory',
    unit: 'times',
    bound: 0.7,
    aim: 0.9,
  },
  {
    id: 'webdis-64',
    text: 'durable PUT beside webdis + redis, 64 connections',
    unit: 'times',
    bound: 1,
    aim: 1.3,
  },
  { id: 'webdis-16', text: 'durable PUT beside webdis + redis, 16 connections', unit: 'times', bound: 1, aim: 1.3 },
  { id: 'etcd-64', text: "durable PUT beside etcd's JSON gateway, 64 connections", unit: 'times', bound: 3, aim: 4 },
  { id: 'etcd-16', text: "durable PUT beside etcd's JSON gateway, 16 connections", unit: 'times' },
  { id: 'fastapi', text: 'durable PUT beside FastAPI in memory', unit: 'times', bound: 2, aim: 3 },
  { id: 'aiohttp', text: 'durable PUT beside aiohttp in memory', unit: 'times', bound: 2, aim: 3 },
];

/** Which peers run beside kv-service, by the number of connections: at 16 those that sync each write. */
const FULL = { 64: ['plain', 'fastapi', 'aiohttp', 'webdis', 'etcd'], 16: ['webdis', 'etcd'] };
const QUICK = { 64: ['plain'] };

/** Writes of a small value over HTTP, kv-service's synced before they are answered. */
export async function run({ folder, quick, guard, plan = quick ? QUICK : FULL, ...options }) {
  const work = async (contestants) => {
    const series = [];
    const values = {};
    for (const connections of Object.keys(plan)
      .map(Number)
      .toSorted((a, b) => b - a)) {
      const loads = [];
      for (const { name, label, api, port, pids } of contestants) {
        if (name !== 'kvasir' && !plan[connections].includes(name)) continue;
        loads.push({ name, label, pids, load: await httpLoad(folder, port, times(KEYS, api.put), connections) });
      }
      const results = await race(loads, options, options.onRound);
      series.push(...seriesOf(results).map((each) => ({ group: `${connections} connections`, ...each })));
      for (const { name } of loads.slice(1)) {
        const id = ['webdis', 'etcd'].includes(name) ? `${name}-${connections}` : name;
        values[id] = spread(rateRatios(results, 'kvasir', name));
      }
    }
    return { settings: { connections: Object.keys(plan).join(', '), keys: KEYS }, series, values };
  };
  return withContestants(folder, plan[64], work, guard);
}
