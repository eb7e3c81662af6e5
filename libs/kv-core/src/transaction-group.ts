import type { Entry } from './entry.js';
import { interpret, type Interpretation, type TransactionContext } from './interpreter.js';
import type { Transaction } from './transaction.js';

/**
 * Transactions that an engine stores together. They run in order, each over what the ones before it left, and nothing is stored before the engine takes {@link changed}.
 */
export class TransactionGroup {
  private readonly overlay = new Map<string, Entry | undefined>();
  private lastRevision: number;

  /** @param context what the group begins with; `read` is asked for the keys that the group has not written yet */
  constructor(private readonly context: TransactionContext) {
    this.lastRevision = context.revision;
  }

  /** The store's revision once the group is stored. */
  get revision(): number {
    return this.lastRevision;
  }

  /** What the group leaves under each key that it wrote: an entry, or nothing where the last write deleted it. */
  get changed(): ReadonlyMap<string, Entry | undefined> {
    return this.overlay;
  }

  /** Runs one more transaction. */
  run(transaction: Transaction): Interpretation {
    const { now } = this.context;
    const interpretation = interpret(transaction, { read: this.read, now, revision: this.lastRevision });
    for (const effect of interpretation.effects) {
      if (effect.type === 'set') this.overlay.set(effect.entry.key, effect.entry);
      else this.overlay.set(effect.key, undefined);
    }
    this.lastRevision = interpretation.revision;
    return interpretation;
  }

  private readonly read = (key: string): Entry | undefined =>
    this.overlay.has(key) ? this.overlay.get(key) : this.context.read(key);
}
