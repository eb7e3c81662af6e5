import { NonDecreasingClock, systemClock, type Clock, type KvStore } from '@kvasir/kv-core';

import { MemoryReplacement } from './load/memory-replacement.js';
import { MemoryBudget } from './memory-budget.js';
import { MemoryCommitter } from './memory-committer.js';
import { TableStore, type MemoryUse } from './table-store.js';
import { OrderedTable } from './table/ordered-table.js';

export interface MemoryStoreOptions {
  /** Default: the wall clock. */
  readonly clock?: Clock;
  /** Past this estimate of what the entries take, writes that grow the store are refused with STORE_FULL. Bytes; default: no bound. */
  readonly maxMemoryBytes?: number;
}

/** A store that holds everything in memory and nothing on disk: what it holds ends with the process. */
export function openMemoryStore(options: MemoryStoreOptions = {}): KvStore & MemoryUse {
  const table = new OrderedTable();
  const clock = new NonDecreasingClock(options.clock ?? systemClock);
  const memory = new MemoryBudget(table, options.maxMemoryBytes ?? Infinity);
  const committer = new MemoryCommitter(table, clock, memory);
  return new TableStore({
    table,
    clock,
    committer,
    capabilities: { durable: false, shared: false },
    memory,
    beginReplacement: () => new MemoryReplacement(committer),
  });
}
