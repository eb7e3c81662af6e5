import type { KvStore, StoreCapabilities } from '@kvasir/kv-core';

/**
 * One engine over one set of data, as a test needs it. Every test gets a harness of its own, over data of its own.
 *
 * The clock that the engine was given stands still until {@link advanceTime} moves it.
 */
export interface KvStoreHarness {
  /** Opens a store over data that is still empty. Called once, before everything else. */
  open(): Promise<KvStore>;

  /**
   * Closes the store that is open (which may have been closed already) and opens one anew, as a restart of the process
   * would: over the same data where `capabilities.durable`, else over nothing.
   */
  reopen(): Promise<KvStore>;

  /**
   * Opens one more store as another process would, while the first stays open: over the same data where
   * `capabilities.shared`. Of an engine that is durable and not shared the promise rejects with DATA_DIR_LOCKED; of one
   * that is neither, the new store has data of its own.
   */
  openAnother(): Promise<KvStore>;

  /** What the store's clock shows, Unix time in whole milliseconds. */
  now(): number;

  /** Moves the store's clock on by whole milliseconds, 0 or more. */
  advanceTime(milliseconds: number): Promise<void>;

  /** Closes every store that is still open and removes the data. Called once, after everything else, whatever failed. */
  destroy(): Promise<void>;
}

/** What the suite has to know of an engine. */
export interface ConformanceEngine {
  /** What the engine's stores say of themselves; tests are chosen by it, and each compares it with its store's own. */
  readonly capabilities: StoreCapabilities;

  /** Prepares one test: a new clock and new data. */
  createHarness(): KvStoreHarness | Promise<KvStoreHarness>;
}
