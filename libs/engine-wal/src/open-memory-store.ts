import { NonDecreasingClock, systemClock, type Clock, type KvStore } from '@kvasir/kv-core';

import { MemoryCommitter } from './memory-committer.js';
import { TableStore } from './table-store.js';
import { OrderedTable } from './table/ordered-table.js';

export interface MemoryStoreOptions {
  /** Default: the wall clock. */
  readonly clock?: Clock;
  /** Past this estimate of what the entries take, writes that grow the store are refused with STORE_FULL. Bytes; default: no bound. */
  readonly maxMemoryBytes?: number;
}

/** A store that holds everything in memory and nothing on disk: what it holds ends with the process. */
export function openMemoryStore(options: MemoryStoreOptions = {}): KvStore {
  const table = new OrderedTable();
  const clock = new NonDecreasingClock(options.clock ?? systemClock);
  const committer = new MemoryCommitter(table, clock, options.maxMemoryBytes ?? Infinity);
  return new TableStore(table, clock, committer, { durable: false, shared: false });
}
