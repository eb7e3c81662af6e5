import { StoreFullError, type Entry } from '@kvasir/kv-core';

import type { Borrower, MemoryBudget } from '../memory-budget.js';
import { OrderedTable } from '../table/ordered-table.js';

/** The entries of a load that is to replace everything, until they do. They count beside those that are there. */
export class ReplacementTable implements Borrower {
  readonly table = new OrderedTable();
  private givenUp = false;

  constructor(private readonly memory: MemoryBudget) {
    memory.lend(this);
  }

  get bytes(): number {
    return this.table.entryBytes;
  }

  /** @throws StoreFullError when they do not fit beside what is there */
  add(entries: readonly Entry[]): void {
    this.requireHeld();
    for (const entry of entries) this.table.set(entry);
    this.requireRoom();
  }

  /**
   * To be called between two groups, when no write is on its way: it is about to be the store's own.
   *
   * @throws StoreFullError when it was given up, or no longer fits beside what was written meanwhile
   */
  requireRoom(): void {
    this.requireHeld();
    if (this.memory.room < 0) throw this.full();
  }

  /** Counts it no more. */
  settle(): void {
    this.memory.settle(this);
  }

  giveUp(): void {
    this.givenUp = true;
    this.table.clear();
    this.settle();
  }

  private requireHeld(): void {
    if (this.givenUp) throw this.full();
  }

  private full(): StoreFullError {
    return new StoreFullError(
      `what is loaded does not fit beside what is there, which it replaces only at the end: together they may take ${this.memory.maxBytes} bytes; nothing was changed. ` +
        'Raise MAX_MEMORY_BYTES, or load into an empty store',
    );
  }
}
