import { join } from 'node:path';
import { times } from '../lib/contestants.mjs';
import { OPEN } from '../lib/guard.mjs';
import { httpLoad, sendAll } from '../lib/http-load.mjs';
import { race, rateRatios, seriesOf } from '../lib/race.mjs';
import { API, keyOf, valueOf } from '../lib/requests.mjs';
import { ratios, spread } from '../lib/statistics.mjs';
import { startGateway, startKvService } from '../peers/kv-service.mjs';
import { plainGateway } from '../peers/peers.mjs';

const CONNECTIONS = 64;
const KEYS = 1000;

export const figures = [
  {
    id: 'plain',
    text: 'GET /v1/values through the gateway beside a bare node:http + grpc-js gateway',
    unit: 'times',
    bound: 0.6,
    aim: 0.8,
  },
  { id: 'cpu', text: "the bare gateway's processor time a request beside Kvasir's", unit: 'times' },
];

/** The gateway's values are strings. */
const put = (i) => ({ ...API.kv.put(i), body: JSON.stringify({ value: JSON.stringify(valueOf(i)) }) });

/**
 * Reads through the gateway; both gateways stand in front of the same kv-service, so that the gateway alone makes the difference. The bare one has no API key to pass on:
 * beside a guarded one it stands in front of a kv-service as it comes, and what kv-service does for its guard counts, too.
 */
export async function run({ folder, guard = OPEN, ...options }) {
  const stops = [];
  const started = async (starting) => {
    const service = await starting;
    stops.unshift(service.stop);
    return service;
  };
  const startFilled = async (name, { env, request }) => {
    const directory = join(folder, name);
    const service = await started(startKvService({ DATA_DIR: directory, ...env }, { grpc: true, pinned: false }));
    await sendAll(
      service.port,
      times(KEYS, (i) => request(put(i), i)),
    );
    return service.grpcPort;
  };
  try {
    const upstream = await startFilled('kvasir', guard);
    const openUpstream = guard === OPEN ? upstream : await startFilled('open', OPEN);
    const gateway = await started(startGateway(upstream, guard.gatewayEnv));
    const plain = await started(plainGateway(openUpstream));
    const contestants = [
      { name: 'kvasir', label: 'Kvasir’s gateway', get: guard.api(API.gateway).get, ...gateway },
      { name: 'plain', label: 'bare node:http + grpc-js gateway', get: API.gateway.get, ...plain },
    ];
    const [ours, bare] = await Promise.all(
      contestants.map(async ({ port, get }) => (await sendAll(port, [get(1)]))[0]),
    );
    if (ours !== bare) throw new Error(`api-gateway answers ${ours} for ${keyOf(1)}, the bare gateway ${bare}`);
    for (const contestant of contestants) {
      contestant.load = await httpLoad(folder, contestant.port, times(KEYS, contestant.get), CONNECTIONS);
    }
    const results = await race(contestants, options, options.onRound);
    return {
      settings: { connections: CONNECTIONS, keys: KEYS },
      series: seriesOf(results),
      values: {
        plain: spread(rateRatios(results, 'kvasir', 'plain')),
        cpu: spread(ratios(results.plain.cpu, results.kvasir.cpu)),
      },
    };
  } finally {
    for (const stop of stops) await stop();
  }
}
