import { openMemoryStore } from '../../dist/libs/engine-wal/src/index.js';
import { inChild } from './support.mjs';

const ENTRIES = 1_000_000;
const BATCH = 1000;

/** Fills a store with `entries` entries of a 10-byte key and a 30-byte value; gives what one takes. */
export async function fill(entries, ttlMs, step) {
  const used = () => {
    globalThis.gc();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
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
  return { bytes, keys };
}

/** What an entry costs, index and expiry included. */
export async function run() {
  const flags = ['--expose-gc'];
  // A step that shares no factor with the number of entries takes every key once, in no order.
  for (const [words, step] of [
    ['keys in order', 1],
    ['keys in no order', 7_919_317],
  ]) {
    for (const [expiry, ttlMs] of [
      ['no expiry', null],
      ['each expires', 3_600_000],
    ]) {
      const { bytes, keys } = await inChild(import.meta.url, 'fill', [ENTRIES, ttlMs, step], flags);
      console.log(
        `${keys} entries, 10-byte key, 30-byte value, ${words}, ${expiry}: ${bytes.toFixed(0)} bytes an entry`,
      );
    }
  }
}
