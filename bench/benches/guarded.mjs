import { join } from 'node:path';
import { keysFile, withKey } from '../lib/api-key.mjs';
import { times, withContestants } from '../lib/contestants.mjs';
import { httpLoad, sendAll } from '../lib/http-load.mjs';
import { race, rateRatios, seriesOf } from '../lib/race.mjs';
import { API } from '../lib/requests.mjs';
import { ratios, spread } from '../lib/statistics.mjs';
import { startKvService } from '../peers/kv-service.mjs';

const CONNECTIONS = 64;
const KEYS = 10_000;
/** Requests a second: counted, and never reached. */
const RATE_LIMIT = 1_000_000;

const OTHER_APIS = { keys: '/keys/:key', records: '/:key (records)', 'store-v1': '/api/v1/store/:key' };

export const figures = [
  {
    id: 'get',
    text: 'GET /kv/:key with API keys, a rate limit and metrics, beside plain node:http',
    unit: 'times',
    bound: 0.85,
    aim: 1,
  },
  {
    id: 'put',
    text: 'durable PUT /kv/:key with all three, beside plain node:http in memory',
    unit: 'times',
    bound: 0.7,
    aim: 0.9,
  },
  ...Object.entries(OTHER_APIS).map(([id, path]) => ({
    id,
    text: `GET ${path} with all three, beside plain node:http`,
    unit: 'times',
    bound: 0.45,
    aim: 0.7,
  })),
  {
    id: 'cost',
    text: 'processor time a GET with all three beside one without API keys and limit',
    unit: 'times',
    better: 'less',
  },
  { id: 'put-cost', text: 'the same of a durable PUT', unit: 'times', better: 'less' },
];

const grouped = (group, results) => seriesOf(results).map((each) => ({ group, ...each }));

/** The figures of `get`, `put` and `other-apis` of a service as it is put on a network: with API keys, a rate limit, and metrics. Plain node:http has none of them. */
export async function run({ folder, ...options }) {
  return withContestants(folder, ['plain'], async ([open, plain]) => {
    const env = { API_KEYS_FILE: await keysFile(folder), RATE_LIMIT: String(RATE_LIMIT), METRICS: 'on' };
    const guarded = await startKvService({ DATA_DIR: join(folder, 'guarded'), ...env });
    try {
      const puts = times(KEYS, API.kv.put);
      const loadOf = async (name, label, { port, pids }, requests) => ({
        name,
        label,
        pids,
        load: await httpLoad(folder, port, requests, CONNECTIONS),
      });
      for (const { port } of [open, plain]) await sendAll(port, puts);
      await sendAll(guarded.port, puts.map(withKey));
      const read = await race(
        [
          await loadOf('get', 'Kvasir, all three on', guarded, times(KEYS, API.kv.get).map(withKey)),
          await loadOf('plain', plain.label, plain, times(KEYS, API.kv.get)),
          await loadOf('open', 'Kvasir without API keys and limit', open, times(KEYS, API.kv.get)),
          ...(await Promise.all(
            Object.entries(OTHER_APIS).map(([name, path]) =>
              loadOf(name, `Kvasir, all three on, GET ${path}`, guarded, times(KEYS, API[name].get).map(withKey)),
            ),
          )),
        ],
        options,
        options.onRound,
      );
      const written = await race(
        [
          await loadOf('put', 'Kvasir, all three on, each write synced', guarded, puts.map(withKey)),
          await loadOf('plain', plain.label, plain, puts),
          await loadOf('open', 'Kvasir without API keys and limit', open, puts),
        ],
        options,
        options.onRound,
      );
      return {
        settings: { connections: CONNECTIONS, keys: KEYS, rate_limit: RATE_LIMIT },
        series: [...grouped('reads', read), ...grouped('writes', written)],
        values: {
          ...Object.fromEntries(
            ['get', ...Object.keys(OTHER_APIS)].map((name) => [name, spread(rateRatios(read, name, 'plain'))]),
          ),
          put: spread(rateRatios(written, 'put', 'plain')),
          cost: spread(ratios(read.get.cpu, read.open.cpu)),
          'put-cost': spread(ratios(written.put.cpu, written.open.cpu)),
        },
      };
    } finally {
      await guarded.stop();
    }
  });
}
