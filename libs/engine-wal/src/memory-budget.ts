import type { OrderedTable } from './table/ordered-table.js';

/** Memory that is held for a time beside what readers see: entries of a snapshot, or of a load. */
export interface Borrower {
  /** What it holds now, by the count of {@link OrderedTable.entryBytes}. */
  readonly bytes: number;
  /** Lets go of all of it, at once; whoever works with it is told with its next step. */
  giveUp(): void;
}

/**
 * What the entries of a store may take, those that are held beside the table included. Who makes it grow past that pays: a write is refused, a load is, a snapshot ends. But a write comes before
 * what is only borrowed: rather than refuse it, the store ends a snapshot or a load.
 */
export class MemoryBudget {
  private readonly borrowers = new Set<Borrower>();

  /**
   * @param table what readers see
   * @param maxBytes MAX_MEMORY_BYTES
   */
  constructor(
    private readonly table: OrderedTable,
    readonly maxBytes: number,
  ) {}

  /** What the table and the borrowers take. */
  get usedBytes(): number {
    let bytes = this.table.entryBytes;
    for (const borrower of this.borrowers) bytes += borrower.bytes;
    return bytes;
  }

  /** What is left; below 0 when more is taken than may be. */
  get room(): number {
    return this.maxBytes - this.usedBytes;
  }

  /** Counts a borrower from now on. */
  lend(borrower: Borrower): void {
    this.borrowers.add(borrower);
  }

  /** Counts it no more. */
  settle(borrower: Borrower): void {
    this.borrowers.delete(borrower);
  }

  /** Has the borrower that holds the most give up; false when none holds anything. */
  reclaim(): boolean {
    let largest: Borrower | undefined;
    for (const borrower of this.borrowers) {
      if (borrower.bytes > (largest?.bytes ?? 0)) largest = borrower;
    }
    largest?.giveUp();
    return largest !== undefined;
  }
}
