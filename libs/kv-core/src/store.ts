import type { Entry } from './entry.js';
import type { EntryBatches, LoadOptions, LoadResult } from './load.js';
import type { StoreSnapshot } from './snapshot.js';
import type { Transaction, TransactionResult } from './transaction.js';

/**
 * The port that every wire API uses and every engine fulfils. All engines give the same answers; `libs/kv-conformance` holds them to it.
 *
 * Promises reject with a {@link KvError} of the catalogue: `request` kinds before anything was done; the others as the engine finds out.
 */
export interface KvStore {
  /** What this engine can do beyond the port's promises. Fixed for its life. */
  readonly capabilities: StoreCapabilities;

  /** The entry of a key; nothing when the key is not there or has expired. Sees every write that was answered before the call. */
  get(key: string): Promise<Entry | undefined>;

  /** A page of entries in byte order of the key. */
  list(query: ListQuery): Promise<Page<Entry>>;

  /** The same page with the keys alone, for those who need no values. */
  listKeys(query: ListQuery): Promise<Page<string>>;

  /**
   * Carries out a transaction; of two that are under way at once either may come first. Resolves when it is as durable as the engine was told to make it, and rejects when nothing of it happened or (WRITE_FAILED) nobody can say.
   */
  commit(transaction: Transaction): Promise<TransactionResult>;

  /** Figures of the store as a reader sees it. */
  stats(): Promise<StoreStats>;

  /** Frees up to `limit` expired entries; resolves to how many it freed. Readers never see expired entries, swept or not. */
  purgeExpired(limit: number): Promise<number>;

  /** All entries at one revision, while reads and writes go on. To be read or closed. */
  snapshot(): Promise<StoreSnapshot>;

  /**
   * Takes entries over from another store, or an earlier time, with their times and expiries (and, but for a merge, their revisions), while reads and writes go on. Afterwards they are as durable as
   * any write. One load at a time: another one meanwhile rejects with STORE_UNAVAILABLE.
   *
   * Rejects with LOAD_INVALID or KEY_INVALID for entries that no snapshot gives, and with whatever `batches` throws.
   */
  load(batches: EntryBatches, options: LoadOptions): Promise<LoadResult>;

  /** Ends snapshots and a load, finishes the writes under way, then lets go of everything. Later calls on the store reject with STORE_CLOSED; a second `close` waits for the first. */
  close(): Promise<void>;
}

/** What an engine can do beyond the port's promises. */
export interface StoreCapabilities {
  /** Entries outlive the process. */
  readonly durable: boolean;
  /** Other processes may use the same entries at the same time. */
  readonly shared: boolean;
}

/**
 * Which keys a page holds: those with a prefix, or those from `start` (inclusive) to `end` (exclusive); neither means all.
 */
export type ListQuery = (PrefixQuery | RangeQuery) & {
  /** Only keys that come after this one, which need not exist, in the direction of the listing: pass a page's last key to get the next page. */
  readonly after?: string;
  /** The most items of the page: 1 to {@link MAX_PAGE_LIMIT}. */
  readonly limit: number;
  /** From the last key to the first. Default: false. */
  readonly reverse?: boolean;
};

export interface PrefixQuery {
  /** Case-sensitive; empty means every key. */
  readonly prefix?: string;
}

export interface RangeQuery {
  /** The first key of the range, inclusive. Default: from the first key there is. */
  readonly start?: string;
  /** The end of the range, exclusive. Default: to the last key there is. */
  readonly end?: string;
}

/** A page of a listing, all of it as it was at one moment. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Whether more items follow the last one. */
  readonly more: boolean;
}

/** Figures of a store as a reader sees it: expired entries do not count. */
export interface StoreStats {
  readonly keys: number;
  /** The sum of the UTF-8 bytes of all values' JSON texts. */
  readonly sizeBytes: number;
  /** The store's revision: that of the last committed write, 0 when there was none. */
  readonly revision: number;
}
