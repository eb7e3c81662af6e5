import type { Entry } from '@kvasir/kv-core';

/** Entries on their way to take the place of all that a store holds. One call at a time; `abandon` after any that failed. */
export interface Replacement {
  /** Takes further entries. */
  add(entries: readonly Entry[]): void | Promise<void>;
  /**
   * Makes them what the store holds, durably, between two groups of writes.
   *
   * @param revision the store's new revision, from the one before; what it throws leaves everything as it was
   * @param swap shows them to readers, at once; called last
   * @returns the store's new revision
   */
  install(revision: (before: number) => number, swap: () => void): Promise<number>;
  /** Gives them up; the store is as it was. After `install` has succeeded it does nothing. */
  abandon(): Promise<void>;
}
