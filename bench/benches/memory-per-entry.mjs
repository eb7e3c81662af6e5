import { inChild } from '../lib/processes.mjs';
import { spread } from '../lib/statistics.mjs';

const ENTRIES = 1_000_000;
const BATCH = 1000;
const TTL_MS = 3_600_000;

const figure = (id, text) => ({ id, text, unit: 'bytes', better: 'less', bound: 240, aim: 180 });

export const figures = [
  figure('plain', 'an entry of a 10-byte key and a 30-byte value, indexes included, of 1,000,000'),
  figure('expiring', 'the same when each expires, expiry queue included'),
];

function used() {
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Fills a store with `entries` entries of a 10-byte key and a 30-byte value; gives the bytes that one takes. */
export async function fill(entries, ttlMs, step) {
  const { openMemoryStore } = await import('../../dist/libs/engine-wal/src/index.js');
  const store = openMemoryStore();
  const before = used();
  for (let from = 0; from < entries; from += BATCH) {
    const operations = [];
    for (let i = from; i < Math.min(from + BATCH, entries); i++) {
      const text = Buffer.from(`k${((i * step) % entries).toString().padStart(9, '0')}"${'v'.repeat(28)}"`);
      operations.push({
        type: 'set',
        key: text.toString('latin1', 0, 10),
        value: text.toString('latin1', 10),
        ttlMs: ttlMs === null ? undefined : ttlMs + i,
      });
    }
    await store.commit({ atomic: false, operations });
  }
  const bytes = (used() - before) / entries;
  const { keys } = await store.stats();
  if (keys !== entries) throw new Error(`the store holds ${keys} keys instead of ${entries}`);
  return bytes;
}

/** What an entry costs, for keys that came in order and in none. */
export async function run() {
  const measure = async (ttlMs) => {
    // A step that shares no factor with the number of entries takes every key once, in no order.
    const bytes = [];
    for (const step of [1, 7_919_317])
      bytes.push(await inChild(import.meta.url, 'fill', [ENTRIES, ttlMs, step], ['--expose-gc']));
    return spread(bytes);
  };
  return { settings: { entries: ENTRIES }, values: { plain: await measure(null), expiring: await measure(TTL_MS) } };
}
