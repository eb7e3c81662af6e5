import type { Clock, Transaction, TransactionResult } from '@kvasir/kv-core';

import { CommitGroup } from './commit-group.js';
import type { Committer } from './committer.js';
import type { OrderedTable } from './table/ordered-table.js';

/** Commits to memory alone: there is nothing to wait for, so every transaction is a group of its own. */
export class MemoryCommitter implements Committer {
  private lastRevision = 0;

  constructor(
    private readonly table: OrderedTable,
    private readonly clock: Clock,
    private readonly maxMemoryBytes: number,
  ) {}

  get revision(): number {
    return this.lastRevision;
  }

  commit(transaction: Transaction): TransactionResult {
    const group = new CommitGroup({
      table: this.table,
      now: this.clock.now(),
      revision: this.lastRevision,
      maxMemoryBytes: this.maxMemoryBytes,
    });
    const { effects: _, ...result } = group.run(transaction);
    group.apply();
    this.lastRevision = group.revision;
    return result;
  }

  async close(): Promise<void> {}
}
