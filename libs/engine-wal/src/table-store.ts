import {
  AbstractKvStore,
  type Clock,
  type Entry,
  type ListQuery,
  type Page,
  type StoreCapabilities,
  type StoreStats,
  type Transaction,
  type TransactionResult,
} from '@kvasir/kv-core';

import type { Committer } from './committer.js';
import type { OrderedTable } from './table/ordered-table.js';

/** What an engine does at certain moments of its store's life. */
export interface TableStoreHooks {
  /** After each sweep, whether it freed something or not. */
  readonly afterSweep?: () => Promise<void>;
  /** When the store is to close, while it still takes what has been begun. */
  readonly beforeClose?: () => Promise<void>;
  /** Last of all. */
  readonly afterClose?: () => Promise<void>;
}

/** A store whose entries are all in memory: reads come from the table, writes go through a {@link Committer}. */
export class TableStore extends AbstractKvStore {
  /** @param clock the committer's; must never run backwards */
  constructor(
    private readonly table: OrderedTable,
    private readonly clock: Clock,
    private readonly committer: Committer,
    readonly capabilities: StoreCapabilities,
    private readonly hooks: TableStoreHooks = {},
  ) {
    super();
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
