import {
  livingOf,
  requireEmpty,
  revisionAfterReplace,
  type Entry,
  type LoadOptions,
  type LoadResult,
  type NonDecreasingClock,
} from '@kvasir/kv-core';

import type { Committer } from '../committer.js';
import type { MemoryBudget } from '../memory-budget.js';
import type { TableSnapshots } from '../snapshot/table-snapshots.js';
import type { OrderedTable } from '../table/ordered-table.js';
import type { Replacement } from './replacement.js';
import { ReplacementTable } from './replacement-table.js';

/** What a load works on. */
export interface TableLoadOptions {
  readonly table: OrderedTable;
  readonly clock: NonDecreasingClock;
  readonly committer: Committer;
  readonly snapshots: TableSnapshots;
  readonly memory: MemoryBudget;
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
    const { table, clock, snapshots, memory } = this.store;
    this.requireEmpty();
    const replacement = await this.store.beginReplacement();
    const next = new ReplacementTable(memory);
    try {
      for await (const batch of batches) {
        const living = this.take(batch);
        next.add(living);
        await replacement.add(living);
        await nextTurn();
      }
      return await replacement.install(
        (before) => {
          this.requireEmpty();
          next.requireRoom();
          return revisionAfterReplace(before, this.highest);
        },
        () => {
          table.swap(next.table);
          next.settle();
          snapshots.moveTo(next.table);
          clock.raiseTo(this.latest);
        },
      );
    } catch (error) {
      next.settle();
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
