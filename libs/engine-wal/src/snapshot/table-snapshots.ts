import type { Entry } from '@kvasir/kv-core';

import type { MemoryBudget } from '../memory-budget.js';
import type { OrderedTable } from '../table/ordered-table.js';
import { TableSnapshot } from './table-snapshot.js';

/** The snapshots of a table that are being read, and what they have to be told. */
export class TableSnapshots {
  private readonly open = new Set<TableSnapshot>();

  constructor(
    private readonly table: OrderedTable,
    private readonly memory: MemoryBudget,
  ) {}

  /** A snapshot of the table as it is now. */
  take(revision: number, time: number): TableSnapshot {
    const snapshot = new TableSnapshot(this.table, this.memory, revision, time, (closed) => this.forget(closed));
    this.open.add(snapshot);
    this.table.onLoss = this.onLoss;
    return snapshot;
  }

  /** What the table held is now in another one, which changes no more: the snapshots go on there. */
  moveTo(table: OrderedTable): void {
    for (const snapshot of this.open) {
      snapshot.moveTo(table);
      this.forget(snapshot);
    }
  }

  private forget(snapshot: TableSnapshot): void {
    this.open.delete(snapshot);
    if (this.open.size === 0) this.table.onLoss = undefined;
  }

  private readonly onLoss = (entry: Entry): void => {
    for (const snapshot of this.open) snapshot.keep(entry);
  };
}
