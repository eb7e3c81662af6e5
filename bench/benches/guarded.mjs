import { API_KEYS } from '../lib/api-key.mjs';
import { withFolder } from '../lib/folders.mjs';
import { guardIn, RATE_LIMIT } from '../lib/guard.mjs';
import * as batch from './batch.mjs';
import * as gateway from './gateway.mjs';
import * as get from './get.mjs';
import * as grpc from './grpc.mjs';
import * as listingPause from './listing-pause.mjs';
import * as otherApis from './other-apis.mjs';
import * as put from './put.mjs';
import * as storeSize from './store-size.mjs';

/** The benches whose promises are measured once more, each with what it takes for them alone, beside the same peers, which nothing guards. */
const PARTS = {
  get: { bench: get, options: { peers: ['plain', 'fastapi', 'aiohttp', 'open'] } },
  put: {
    bench: put,
    options: { plan: { 64: ['plain', 'fastapi', 'aiohttp', 'webdis', 'etcd', 'open'], 16: ['webdis'] } },
  },
  'other-apis': { bench: otherApis },
  batch: { bench: batch, options: { peers: [] } },
  grpc: { bench: grpc },
  gateway: { bench: gateway },
  'store-size': {
    bench: storeSize,
    options: { plan: { reads: [10_000, 5_000_000], listings: [1000, 1_000_000], ttls: false } },
  },
  'listing-pause': { bench: listingPause },
};

const idOf = (part, id) => `${part}-${id}`;

export const figures = [
  // The bounds and aims are theirs.
  ...Object.entries(PARTS).flatMap(([part, { bench }]) =>
    bench.figures
      .filter(({ bound }) => bound !== undefined)
      .map((figure) => ({
        ...figure,
        id: idOf(part, figure.id),
        text: `with keys, limit and metrics: ${figure.text}`,
      })),
  ),
  {
    id: idOf('get', 'open'),
    text: 'GET with keys, limit and metrics beside the same without keys and limit',
    unit: 'times',
  },
  { id: idOf('put', 'open'), text: 'durable PUT with the three beside the same without', unit: 'times' },
  {
    id: idOf('listing-pause', 'quiet'),
    text: 'the longest pause without a listing: what the machine itself does',
    unit: 'ms',
    better: 'less',
  },
];

/** All that other benches promise, of services as they are put on a network: with API keys, a rate limit, and metrics. */
export async function run({ folder, ...shared }) {
  const guard = await guardIn(folder);
  const measured = [];
  for (const [part, { bench, options }] of Object.entries(PARTS)) {
    const result = await withFolder((own) => bench.run({ ...shared, folder: own, guard, ...options }));
    measured.push({ part, ...result });
  }
  return {
    versions: Object.assign({}, ...measured.map(({ versions }) => versions)),
    missing: uniqueBy(
      measured.flatMap(({ missing = [] }) => missing),
      ({ label }) => label,
    ),
    settings: {
      connections: '64, 16',
      api_keys: API_KEYS.length,
      rate_limit: RATE_LIMIT,
      rounds: shared.rounds,
      seconds: shared.seconds,
      benches: Object.fromEntries(measured.map(({ part, settings }) => [part, settings])),
    },
    series: measured.flatMap(({ part, series = [] }) =>
      series.map((each) => ({ ...each, group: each.group === undefined ? part : `${part}, ${each.group}` })),
    ),
    values: Object.fromEntries(
      measured.flatMap(({ part, values }) => Object.entries(values).map(([id, value]) => [idOf(part, id), value])),
    ),
  };
}

const uniqueBy = (items, keyOf) => [...new Map(items.map((item) => [keyOf(item), item])).values()];
