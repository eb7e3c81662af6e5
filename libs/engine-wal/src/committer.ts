import type { Entry, Transaction, TransactionResult } from '@kvasir/kv-core';

/** Takes transactions and sees to it that they are as durable as promised, then visible, then answered: in this order. */
export interface Committer {
  /** The store's revision: that of the last write that readers can see. */
  readonly revision: number;
  commit(transaction: Transaction): TransactionResult | Promise<TransactionResult>;
  /**
   * Writes entries as they are, each with a new revision in place of its own.
   *
   * @param onWritten called when they are visible, before any later transaction is run
   */
  put(entries: readonly Entry[], onWritten: () => void): void | Promise<void>;
  /** Finishes what is under way. No `commit` comes after it. */
  close(): Promise<void>;
}
