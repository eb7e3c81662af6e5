import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { times } from '../lib/contestants.mjs';
import { STEP, writeLog } from '../lib/folders.mjs';
import { httpLoad } from '../lib/http-load.mjs';
import { race, seriesOf } from '../lib/race.mjs';
import { API, keyOf } from '../lib/requests.mjs';
import { ratios, spread } from '../lib/statistics.mjs';
import { startKvService } from '../peers/kv-service.mjs';

const CONNECTIONS = 64;
const SIZES = [1000, 10_000, 100_000, 1_000_000, 5_000_000];
const QUICK_SIZES = [1000, 10_000, 1_000_000];
/** Different requests: so many that the processor's cache does not hold what they touch of a large store. */
const REQUESTS = 200_000;
const LISTED = 100;

export const figures = [
  {
    id: 'listing',
    text: 'GET /kv?prefix= of 100 keys, store of 1,000,000 beside store of 1,000: time',
    unit: 'times',
    better: 'less',
    bound: 1.3,
    aim: 1.1,
  },
  {
    id: 'get',
    text: 'processor time a GET with 5,000,000 keys beside 10,000 keys',
    unit: 'times',
    better: 'less',
    bound: 1.4,
    aim: 1.2,
  },
];

/** What the number of keys does to a read and to a listing of 100 keys: a service for each size, side by side. */
export async function run({ folder, quick, ...options }) {
  const sizes = quick ? QUICK_SIZES : SIZES;
  const services = [];
  try {
    for (const size of sizes) services.push({ size, ...(await startWith(join(folder, String(size)), size)) });
    const contest = async (group, requestsOf) => {
      const contestants = [];
      for (const { size, port, pids } of services) {
        const load = await httpLoad(folder, port, requestsOf(size), CONNECTIONS);
        contestants.push({ name: String(size), label: `${size.toLocaleString('en')} keys`, pids, load });
      }
      const results = await race(contestants, options, options.onRound);
      return { results, series: seriesOf(results).map((each) => ({ group, ...each })) };
    };
    const reads = await contest('GET /kv/:key', (size) =>
      times(REQUESTS, () => API.kv.get(Math.floor(Math.random() * size))),
    );
    const listings = await contest('GET /kv?prefix= of 100 keys', (size) =>
      times(10_000, (i) => listing(Math.floor((i * STEP) % (size / LISTED)))),
    );
    return {
      settings: { connections: CONNECTIONS },
      series: [...reads.series, ...listings.series],
      values: {
        listing: spread(ratios(listings.results[1000].rates, listings.results[1_000_000].rates)),
        get: spread(ratios(reads.results[sizes.at(-1)].cpu, reads.results[10_000].cpu)),
      },
    };
  } finally {
    for (const { stop } of services) await stop();
  }
}

/** Lists the keys of one hundred: `key:00012` is how those from 1,200 to 1,299 begin. */
function listing(hundred) {
  const prefix = keyOf(hundred * LISTED).slice(0, -2);
  return { method: 'GET', path: `/kv?prefix=${encodeURIComponent(prefix)}`, headers: {}, body: '' };
}

async function startWith(folder, size) {
  await mkdir(folder);
  await writeLog(join(folder, 'wal.log'), size, (i) => keyOf((i * STEP) % size));
  const service = await startKvService({ DATA_DIR: folder });
  const stop = async () => {
    await service.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { ...service, stop };
}
