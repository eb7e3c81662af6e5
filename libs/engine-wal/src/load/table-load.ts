import {
  livingOf,
  requireEmpty,
  revisionAfterReplace,
  StoreFullError,
  type Entry,
  type LoadOptions,
  type LoadResult,
  type NonDecreasingClock,
} from '@kvasir/kv-core';

import type { Committer } from '../committer.js';
import type { TableSnapshots } from '../snapshot/table-snapshots.js';
import { OrderedTable } from '../table/ordered-table.js';
import type { Replacement } from './replacement.js';

/** What a load works on. */
export interface TableLoadOptions {
  readonly table: OrderedTable;
  readonly clock: NonDecreasingClock;
  readonly committer: Committer;
  readonly snapshots: TableSnapshots;
  /** Past this estimate of what the entries take, nothing is loaded. Bytes. */
  readonly maxMemoryBytes: number;
  readonly beginReplacement: () => Replacement | Promise<Replacement>;
}

/** Loads entries into a table, a batch at a time, so that reads and writes go on in between. */
export class TableLoad {
  private entries = 0;
  private expired = 0;
  private highest: number;
  /** When the last of them was written, Unix milliseconds. */
  private latest = 0;

  constructor(
    private readonly store: TableLoadOptions,
    private readonly options: LoadOptions,
  ) {
    this.highest = options.revision ?? 0;
  }

  async run(batches: AsyncIterable<readonly Entry[]>): Promise<LoadResult> {
    const revision = await (this.options.mode === 'merge' ? this.merge(batches) : this.replace(batches));
    return { entries: this.entries, expired: this.expired, revision };
  }

  private async merge(batches: AsyncIterable<readonly Entry[]>): Promise<number> {
    const { committer, clock } = this.store;
    for await (const batch of batches) {
      const living = this.take(batch);
      if (living.length === 0) continue;
      // The log has them, so the next start would not know an earlier time; nor may a write that follows them.
      await committer.put(living, () => clock.raiseTo(this.latest));
      await nextTurn();
    }
    return committer.revision;
  }

  private async replace(batches: AsyncIterable<readonly Entry[]>): Promise<number> {
    const { table, clock, snapshots, maxMemoryBytes } = this.store;
    this.requireEmpty();
    const next = new OrderedTable();
    const replacement = await this.store.beginReplacement();
    try {
      for await (const batch of batches) {
        const living = this.take(batch);
        for (const entry of living) next.set(entry);
        if (next.entryBytes > maxMemoryBytes) {
          throw new StoreFullError(
            `what is loaded takes more than the ${maxMemoryBytes} bytes that entries may take; nothing was changed. Raise MAX_MEMORY_BYTES`,
          );
        }
        await replacement.add(living);
        await nextTurn();
      }
      return await replacement.install(
        (before) => {
          this.requireEmpty();
          return revisionAfterReplace(before, this.highest);
        },
        () => {
          table.swap(next);
          snapshots.moveTo(next);
          clock.raiseTo(this.latest);
        },
      );
    } catch (error) {
      await replacement.abandon();
      throw error;
    }
  }

  private requireEmpty(): void {
    const { table, clock } = this.store;
    requireEmpty(this.options.mode, table.live(clock.now()).count);
  }

  private take(batch: readonly Entry[]): readonly Entry[] {
    const living = livingOf(batch, this.store.clock.now());
    this.entries += living.length;
    this.expired += batch.length - living.length;
    for (const { revision, updatedAt } of batch) {
      if (revision > this.highest) this.highest = revision;
      if (updatedAt > this.latest) this.latest = updatedAt;
    }
    return living;
  }
}

function nextTurn(): Promise<void> {
  return new Promise(setImmediate);
}
