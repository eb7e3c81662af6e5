import { credentials, makeClientConstructor, Metadata } from '@grpc/grpc-js';
import { times } from '../lib/contestants.mjs';
import { grpcLoad } from '../lib/grpc-load.mjs';
import { OPEN } from '../lib/guard.mjs';
import { race, rateRatios, seriesOf } from '../lib/race.mjs';
import { keyOf, valueOf } from '../lib/requests.mjs';
import { ratios, spread } from '../lib/statistics.mjs';
import { startKvService } from '../peers/kv-service.mjs';
import { plainGrpc } from '../peers/peers.mjs';

const IN_FLIGHT = 64;
const KEYS = 1000;

export const figures = [
  {
    id: 'plain',
    text: 'gRPC Get, one connection, 64 in flight, beside a bare @grpc/grpc-js server',
    unit: 'times',
    bound: 0.8,
    aim: 1,
  },
  { id: 'cpu', text: "the bare server's processor time a call beside Kvasir's", unit: 'times' },
];

/** Reads over gRPC. */
export async function run({ folder, guard = OPEN, ...options }) {
  const kvasir = await startKvService({ DATA_DIR: folder, ...guard.env }, { grpc: true });
  const plain = await plainGrpc();
  try {
    const contestants = [
      { name: 'kvasir', label: 'Kvasir', pids: kvasir.pids, port: kvasir.grpcPort, apiKey: guard.apiKey },
      { name: 'plain', label: 'bare @grpc/grpc-js server', pids: plain.pids, port: plain.port },
    ];
    for (const contestant of contestants) {
      await fill(contestant);
      contestant.load = grpcLoad(contestant.port, IN_FLIGHT, KEYS, contestant.apiKey);
    }
    const results = await race(contestants, options, options.onRound);
    return {
      settings: { in_flight: IN_FLIGHT, keys: KEYS },
      series: seriesOf(results),
      values: {
        plain: spread(rateRatios(results, 'kvasir', 'plain')),
        cpu: spread(ratios(results.plain.cpu, results.kvasir.cpu)),
      },
    };
  } finally {
    await kvasir.stop();
    await plain.stop();
  }
}

async function fill({ port, apiKey }) {
  const { KEY_VALUE_SERVICE } = await import('../../dist/libs/contracts/src/index.js');
  const Client = makeClientConstructor(KEY_VALUE_SERVICE, 'KeyValueService');
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const metadata = new Metadata();
  if (apiKey) metadata.set('x-api-key', apiKey);
  const set = (i) =>
    new Promise((resolve, reject) => {
      client.set({ key: keyOf(i), value: JSON.stringify(valueOf(i)) }, metadata, (error) =>
        error ? reject(new Error(error.details)) : resolve(),
      );
    });
  await Promise.all(times(KEYS, set));
  client.close();
}
