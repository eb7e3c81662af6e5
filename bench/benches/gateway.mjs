import { times } from '../lib/contestants.mjs';
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

/** Reads through the gateway; both gateways stand in front of the same kv-service, so that the gateway alone makes the difference. */
export async function run({ folder, ...options }) {
  const kvasir = await startKvService({ DATA_DIR: folder }, { grpc: true, pinned: false });
  const gateway = await startGateway(kvasir.grpcPort);
  const plain = await plainGateway(kvasir.grpcPort);
  try {
    await sendAll(kvasir.port, times(KEYS, put));
    const [ours, bare] = await Promise.all(
      [gateway, plain].map(async ({ port }) => (await sendAll(port, [API.gateway.get(1)]))[0]),
    );
    if (ours !== bare) throw new Error(`api-gateway answers ${ours} for ${keyOf(1)}, the bare gateway ${bare}`);
    const contestants = [
      { name: 'kvasir', label: 'Kvasir’s gateway', ...gateway },
      { name: 'plain', label: 'bare node:http + grpc-js gateway', ...plain },
    ];
    for (const contestant of contestants) {
      contestant.load = await httpLoad(folder, contestant.port, times(KEYS, API.gateway.get), CONNECTIONS);
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
    await gateway.stop();
    await plain.stop();
    await kvasir.stop();
  }
}
