import {
  AbstractKvStore,
  type Entry,
  type ListQuery,
  type LoadOptions,
  type LoadResult,
  type NonDecreasingClock,
  type Page,
  type SnapshotSource,
  type StoreCapabilities,
  type StoreStats,
  type Transaction,
  type TransactionResult,
} from '@kvasir/kv-core';

import type { Committer } from './committer.js';
import type { Replacement } from './load/replacement.js';
import { TableLoad } from './load/table-load.js';
import type { MemoryBudget } from './memory-budget.js';
import { TableSnapshots } from './snapshot/table-snapshots.js';
import type { OrderedTable } from './table/ordered-table.js';

/** What a {@link TableStore} is set up with. */
export interface TableStoreOptions {
  readonly table: OrderedTable;
  /** The committer's. */
  readonly clock: NonDecreasingClock;
  readonly committer: Committer;
  readonly capabilities: StoreCapabilities;
  /** The committer's. */
  readonly memory: MemoryBudget;
  /** Prepares a load that replaces everything. */
  readonly beginReplacement: () => Replacement | Promise<Replacement>;
  readonly hooks?: TableStoreHooks;
}

/** What an engine does at certain moments of its store's life. */
export interface TableStoreHooks {
  /** After each sweep, whether it freed something or not. */
  readonly afterSweep?: () => Promise<void>;
  /** When the store is to close, while it still takes what has been begun. */
  readonly beforeClose?: () => Promise<void>;
  /** Last of all. */
  readonly afterClose?: () => Promise<void>;
}

/** A store in memory says what that takes. */
export interface MemoryUse {
  /** The estimate of what all entries take that `maxMemoryBytes` bounds: expired ones that are still held included, and what snapshots and loads hold. */
  readonly memoryBytes: number;
}

/** A store whose entries are all in memory: reads come from the table, writes go through a {@link Committer}. */
export class TableStore extends AbstractKvStore implements MemoryUse {
  readonly capabilities: StoreCapabilities;
  private readonly table: OrderedTable;
  private readonly clock: NonDecreasingClock;
  private readonly committer: Committer;
  private readonly hooks: TableStoreHooks;
  private readonly tableSnapshots: TableSnapshots;

  constructor(private readonly options: TableStoreOptions) {
    super();
    this.capabilities = options.capabilities;
    this.table = options.table;
    this.clock = options.clock;
    this.committer = options.committer;
    this.hooks = options.hooks ?? {};
    this.tableSnapshots = new TableSnapshots(options.table, options.memory);
  }

  get memoryBytes(): number {
    return this.options.memory.usedBytes;
  }

  protected doGet(key: string): Entry | undefined {
    return this.table.get(key, this.clock.now());
  }

  protected doList(query: ListQuery): Page<Entry> {
    return this.table.list(query, this.clock.now());
  }

  protected doListKeys(query: ListQuery): Page<string> {
    return this.table.listKeys(query, this.clock.now());
  }

  protected doCommit(transaction: Transaction): TransactionResult | Promise<TransactionResult> {
    return this.committer.commit(transaction);
  }

  protected doStats(): StoreStats {
    const { count, valueBytes } = this.table.live(this.clock.now());
    return { keys: count, sizeBytes: valueBytes, revision: this.committer.revision };
  }

  protected async doPurgeExpired(limit: number): Promise<number> {
    const freed = this.table.purgeExpired(this.clock.now(), limit);
    await this.hooks.afterSweep?.();
    return freed;
  }

  protected doSnapshot(): SnapshotSource {
    return this.tableSnapshots.take(this.committer.revision, this.clock.now());
  }

  protected doLoad(batches: AsyncIterable<readonly Entry[]>, options: LoadOptions): Promise<LoadResult> {
    return new TableLoad({ ...this.options, snapshots: this.tableSnapshots }, options).run(batches);
  }

  protected async doClose(): Promise<void> {
    try {
      await this.hooks.beforeClose?.();
      await this.committer.close();
    } finally {
      this.table.clear();
      await this.hooks.afterClose?.();
    }
  }
}
