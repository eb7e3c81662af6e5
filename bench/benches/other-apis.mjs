import { times, withContestants } from '../lib/contestants.mjs';
import { OPEN } from '../lib/guard.mjs';
import { httpLoad, sendAll } from '../lib/http-load.mjs';
import { race, rateRatios, seriesOf } from '../lib/race.mjs';
import { API } from '../lib/requests.mjs';
import { spread } from '../lib/statistics.mjs';

const CONNECTIONS = 64;
const KEYS = 10_000;
const APIS = ['keys', 'records', 'store-v1'];
const PATHS = { keys: '/keys/:key', records: '/:key (records)', 'store-v1': '/api/v1/store/:key' };

export const figures = APIS.map((id) => ({
  id,
  text: `GET ${PATHS[id]} beside plain node:http`,
  unit: 'times',
  bound: 0.45,
  aim: 0.7,
}));

/** The same reads through the other APIs of the same kv-service. */
export async function run({ folder, guard = OPEN, ...options }) {
  const work = async ([kvasir, plain]) => {
    for (const { port, api } of [kvasir, plain]) await sendAll(port, times(KEYS, api.put));
    const loads = [
      {
        name: 'plain',
        label: plain.label,
        pids: plain.pids,
        load: await httpLoad(folder, plain.port, times(KEYS, API.kv.get), CONNECTIONS),
      },
    ];
    for (const name of APIS) {
      const load = await httpLoad(folder, kvasir.port, times(KEYS, guard.api(API[name]).get), CONNECTIONS);
      loads.push({ name, label: `Kvasir, GET ${PATHS[name]}`, pids: kvasir.pids, load });
    }
    const results = await race(loads, options, options.onRound);
    return {
      settings: { connections: CONNECTIONS, keys: KEYS },
      series: seriesOf(results),
      values: Object.fromEntries(APIS.map((name) => [name, spread(rateRatios(results, name, 'plain'))])),
    };
  };
  return withContestants(folder, ['plain'], work, guard);
}
