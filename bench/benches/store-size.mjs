import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { times } from '../lib/contestants.mjs';
import { STEP, writeLog } from '../lib/folders.mjs';
import { OPEN } from '../lib/guard.mjs';
import { httpLoad } from '../lib/http-load.mjs';
import { race, seriesOf } from '../lib/race.mjs';
import { API, keyOf } from '../lib/requests.mjs';
import { ratios, spread } from '../lib/statistics.mjs';
import { startKvService } from '../peers/kv-service.mjs';

const CONNECTIONS = 64;
const SIZES = [1000, 10_000, 100_000, 1_000_000, 5_000_000];
const QUICK_SIZES = [1000, 10_000, 1_000_000];
/** Which stores are read and listed, and whether one with TTLs is listed beside them: its figure is not among those that --quick guards. */
const FULL = { reads: SIZES, listings: SIZES, ttls: true };
const QUICK = { reads: QUICK_SIZES, listings: QUICK_SIZES, ttls: false };
/** Different requests: so many that the processor's cache does not hold what they touch of a large store. */
const REQUESTS = 200_000;
const LISTED = 100;
/** The store whose keys all have a TTL: to each ten of its keys there is one more that has expired and waits for the sweep. */
const TTL_SIZE = 1_000_000;
const EXPIRED = TTL_SIZE / 10;
const TTL_NAME = `${TTL_SIZE} with TTLs`;
/** Until they expire: the log is written and replayed by then, as a start leaves out what has expired. */
const EXPIRE_MS = 20_000;
/** The others', a day. */
const LIVE_MS = 86_400_000;

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
    id: 'listing-ttl',
    text: 'the same listing where keys have TTLs and 1 of 11 has expired, beside a store without: time',
    unit: 'times',
    better: 'less',
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

/** What the number of keys does to a read and to a listing of 100 keys, and TTLs to the listing: a service for each size, side by side. */
export async function run({ folder, quick, guard = OPEN, plan = quick ? QUICK : FULL, ...options }) {
  const sizes = [...new Set([...plan.reads, ...plan.listings])].toSorted((a, b) => a - b);
  const services = [];
  const stops = [];
  const start = async (name, write, env) => {
    const started = await startWith(join(folder, name), write, { ...guard.env, ...env });
    stops.push(started.stop);
    return started;
  };
  try {
    for (const size of sizes) {
      const write = (log) => writeLog(log, size, (i) => keyOf((i * STEP) % size));
      services.push({ size, ...(await start(String(size), write)) });
    }
    const withTtls = plan.ttls ? [await startWithTtls(start)] : [];
    const having = (some) => services.filter(({ size }) => some.includes(size));
    const contest = async (group, contenders, requestsOf) => {
      const contestants = [];
      for (const { size, name = String(size), port, pids } of contenders) {
        const load = await httpLoad(folder, port, requestsOf(size).map(guard.request), CONNECTIONS);
        const label = `${size.toLocaleString('en')} keys${name === TTL_NAME ? ' with TTLs' : ''}`;
        contestants.push({ name, label, pids, load });
      }
      const results = await race(contestants, options, options.onRound);
      return { results, series: seriesOf(results).map((each) => ({ group, ...each })) };
    };
    const reads = await contest('GET /kv/:key', having(plan.reads), (size) =>
      times(REQUESTS, () => API.kv.get(Math.floor(Math.random() * size))),
    );
    for (const { expired } of withTtls) await expired();
    const listings = await contest('GET /kv?prefix= of 100 keys', [...having(plan.listings), ...withTtls], (size) =>
      times(10_000, (i) => listing(Math.floor((i * STEP) % (size / LISTED)))),
    );
    return {
      settings: { connections: CONNECTIONS },
      series: [...reads.series, ...listings.series],
      values: {
        listing: spread(ratios(listings.results[1000].rates, listings.results[1_000_000].rates)),
        ...(plan.ttls && {
          'listing-ttl': spread(ratios(listings.results[TTL_SIZE].rates, listings.results[TTL_NAME].rates)),
        }),
        get: spread(ratios(reads.results[plan.reads.at(-1)].cpu, reads.results[10_000].cpu)),
      },
    };
  } finally {
    for (const stop of stops) await stop();
  }
}

/** Lists the keys of one hundred: `key:00012` is how those from 1,200 to 1,299 begin. */
function listing(hundred) {
  const prefix = keyOf(hundred * LISTED).slice(0, -2);
  return { method: 'GET', path: `/kv?prefix=${encodeURIComponent(prefix)}`, headers: {}, body: '' };
}

/** The store with TTLs. `expired` resolves when a part of it has expired. */
async function startWithTtls(start) {
  const now = Date.now();
  const isLive = (i) => i < TTL_SIZE;
  // Between the live keys, and with them below the prefix of a listing.
  const key = (i) => (isLive(i) ? keyOf((i * STEP) % TTL_SIZE) : `${keyOf((i - TTL_SIZE) * (TTL_SIZE / EXPIRED))}x`);
  const expiry = (i) => now + (isLive(i) ? LIVE_MS : EXPIRE_MS);
  const write = (log) => writeLog(log, TTL_SIZE + EXPIRED, key, undefined, expiry);
  // The sweep does not come.
  const service = await start('ttl', write, { PURGE_INTERVAL_MS: String(2 ** 31 - 1) });
  const expectKeys = async (expected) => {
    const { keys } = await (await fetch(`http://127.0.0.1:${service.port}/stats`)).json();
    if (keys !== expected) throw new Error(`the store with TTLs has ${keys} keys, not ${expected}`);
  };
  await expectKeys(TTL_SIZE + EXPIRED);
  const expired = async () => {
    await delay(Math.max(0, now + EXPIRE_MS - Date.now()));
    await expectKeys(TTL_SIZE);
  };
  return { name: TTL_NAME, size: TTL_SIZE, expired, ...service };
}

async function startWith(folder, write, env = {}) {
  await mkdir(folder);
  await write(join(folder, 'wal.log'));
  const service = await startKvService({ DATA_DIR: folder, ...env });
  const stop = async () => {
    await service.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { ...service, stop };
}
