import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { getHeapStatistics } from 'node:v8';
import { inChild } from '../lib/processes.mjs';

const HEAP_MIB = 512;
const BATCH = 100;
/** While the values are overwritten. */
const COMPACTIONS = 4;

/** Values of so many bytes, each with how many are then overwritten. */
const SIZES = [
  { bytes: 30, overwrites: 38_400 },
  { bytes: 1000, overwrites: 38_400 },
  { bytes: 100_000, overwrites: 20_000 },
];

const MIB = 1024 * 1024;

export const figures = SIZES.flatMap(({ bytes }) => {
  const values = `values of ${bytes.toLocaleString('en')} bytes`;
  return [
    { id: `entries-${bytes}`, text: `${values}: entries that fit`, unit: 'entries' },
    { id: `heap-${bytes}`, text: `${values}: the heap, at most`, unit: 'MiB', better: 'less', bound: HEAP_MIB },
    { id: `process-${bytes}`, text: `${values}: the process, at most`, unit: 'MiB', better: 'less' },
  ];
});

/** The kv-service's own default for MAX_MEMORY_BYTES in this process. */
async function defaultLimit() {
  const { memoryForData } = await import('../../dist/apps/kv-service/src/config/memory-limit.js');
  return memoryForData(getHeapStatistics().heap_size_limit);
}

/** Fills a store with a log until it is full, then overwrites values at random while the log is compacted now and then; gives what that took. */
export async function fill(directory, bytes, overwrites) {
  const { openLogStore } = await import('../../dist/libs/engine-wal/src/index.js');
  const maxMemoryBytes = await defaultLimit();
  let compactions = 0;
  const { store, maintenance } = await openLogStore({
    directory,
    fsync: 'never',
    maxMemoryBytes,
    onCompaction: ({ type }) => void (compactions += Number(type === 'completed')),
    onFailure: (error) => {
      throw error;
    },
  });
  const most = { heap: 0, process: 0 };
  const look = () => {
    const { heapUsed, rss } = process.memoryUsage();
    most.heap = Math.max(most.heap, heapUsed);
    most.process = Math.max(most.process, rss);
  };
  const set = (i) => ({ type: 'set', key: `k${String(i).padStart(9, '0')}`, value: valueOf(i, bytes) });
  let entries = 0;
  for (let size = BATCH; size >= 1;) {
    const operations = Array.from({ length: size }, (_, i) => set(entries + i));
    try {
      await store.commit({ atomic: true, operations });
      entries += size;
    } catch (error) {
      if (error.code !== 'STORE_FULL') throw error;
      size = Math.floor(size / 10);
    }
    if (entries % 1000 < size) look();
  }
  let random = 1;
  for (let i = 0; i < overwrites; i += BATCH) {
    if (i % (overwrites / COMPACTIONS) === 0) maintenance.compact();
    const operations = Array.from({ length: BATCH }, () => {
      random = (random * 48_271) % 2_147_483_647;
      return set(random % entries);
    });
    await store.commit({ atomic: false, operations });
    look();
  }
  while (maintenance.status().compaction.running) await new Promise((resolve) => setTimeout(resolve, 10));
  look();
  await store.close();
  return { entries, maxMemoryBytes, compactions, heap: most.heap / MIB, process: most.process / MIB };
}

/** Another text each time, of so many bytes with its quotes, so that nothing is shared. */
function valueOf(i, bytes) {
  return Buffer.from(`"${String(i % 10_000).padEnd(bytes - 2, 'v')}"`).toString('latin1');
}

/** What a store that is filled to the default of MAX_MEMORY_BYTES takes of a heap of 512 MiB, while its values are overwritten and its log is compacted. */
export async function run({ folder }) {
  const values = {};
  const settings = { heap_mib: HEAP_MIB };
  for (const { bytes, overwrites } of SIZES) {
    const directory = join(folder, String(bytes));
    const flags = [`--max-old-space-size=${HEAP_MIB}`];
    const result = await inChild(import.meta.url, 'fill', [directory, bytes, overwrites], flags);
    if (result.compactions === 0) throw new Error('the log was never compacted');
    for (const id of ['entries', 'heap', 'process']) {
      values[`${id}-${bytes}`] = { median: result[id], min: result[id], max: result[id] };
    }
    settings.max_memory_mib = Math.round(result.maxMemoryBytes / MIB);
    await rm(directory, { recursive: true });
  }
  return { settings, values };
}
