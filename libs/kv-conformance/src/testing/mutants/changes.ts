import type { Effect, Entry, Transaction, TransactionResult } from '@kvasir/kv-core';
import { ReferenceStore, type ReferenceStoreClass } from '../reference-store.js';

/** Keeps the entry that `change` makes of each written one. */
export function writing(
  change: (entry: Entry, before: Entry | undefined, now: number) => Partial<Entry>,
): ReferenceStoreClass {
  return class extends ReferenceStore {
    protected override apply(effect: Effect): void {
      if (effect.type === 'delete') return super.apply(effect);
      const { entry } = effect;
      const before = this.data.entries.get(entry.key);
      super.apply({ type: 'set', entry: { ...entry, ...change(entry, before, this.clock.now()) } });
    }
  };
}

/** Commits what `change` makes of each transaction. */
export function committing(change: (transaction: Transaction) => Transaction): ReferenceStoreClass {
  return class extends ReferenceStore {
    protected override doCommit(transaction: Transaction): TransactionResult | Promise<TransactionResult> {
      return super.doCommit(change(transaction));
    }
  };
}
