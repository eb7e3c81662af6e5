import type { Clock, Entry, Transaction, TransactionResult } from '@kvasir/kv-core';

import { CommitGroup } from './commit-group.js';
import type { Committer } from './committer.js';
import type { MemoryBudget } from './memory-budget.js';
import type { OrderedTable } from './table/ordered-table.js';

/** Commits to memory alone: there is nothing to wait for, so every transaction is a group of its own. */
export class MemoryCommitter implements Committer {
  private lastRevision = 0;

  constructor(
    private readonly table: OrderedTable,
    private readonly clock: Clock,
    private readonly memory: MemoryBudget,
  ) {}

  get revision(): number {
    return this.lastRevision;
  }

  commit(transaction: Transaction): TransactionResult {
    const group = this.newGroup();
    const { effects: _, ...result } = group.run(transaction);
    this.apply(group);
    return result;
  }

  put(entries: readonly Entry[], onWritten: () => void): void {
    const group = this.newGroup();
    group.put(entries);
    this.apply(group);
    onWritten();
  }

  /** What the table holds was replaced, as of a revision. */
  moveTo(revision: number): void {
    this.lastRevision = revision;
  }

  async close(): Promise<void> {}

  private newGroup(): CommitGroup {
    const { table, clock, lastRevision: revision, memory } = this;
    return new CommitGroup({ table, now: clock.now(), revision, memory });
  }

  private apply(group: CommitGroup): void {
    group.apply();
    this.lastRevision = group.revision;
  }
}
