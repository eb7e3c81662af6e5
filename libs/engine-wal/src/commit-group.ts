import {
  interpret,
  StoreFullError,
  type Effect,
  type Entry,
  type Interpretation,
  type Transaction,
} from '@kvasir/kv-core';

import type { OrderedTable } from './table/ordered-table.js';

/** The effects of one transaction, in order. */
export interface TransactionEffects {
  /** Whether a log has to hold all of them or none. */
  readonly atomic: boolean;
  readonly effects: readonly Effect[];
}

/** What a group works on, and how much it may add to it. */
export interface CommitGroupOptions {
  readonly table: OrderedTable;
  /** The time of every transaction in the group, Unix milliseconds. */
  readonly now: number;
  /** The store's revision before the group. */
  readonly revision: number;
  /** Past this estimate of the table's memory, transactions that grow the store are refused. Bytes. */
  readonly maxMemoryBytes: number;
}

/**
 * Transactions that are made durable together. They run in order against the table plus an overlay of what the group did so far; the table itself changes only in
 * {@link apply}, once the log has them all, so a reader never sees what a crash could take back.
 */
export class CommitGroup {
  private readonly overlay = new Map<string, Entry | undefined>();
  private readonly changes: TransactionEffects[] = [];
  private lastRevision: number;
  private grownBytes = 0;

  constructor(private readonly options: CommitGroupOptions) {
    this.lastRevision = options.revision;
  }

  /** The store's revision once the group is applied. */
  get revision(): number {
    return this.lastRevision;
  }

  /** What has to be made durable: the transactions that changed something. */
  get written(): readonly TransactionEffects[] {
    return this.changes;
  }

  /**
   * Runs one more transaction.
   *
   * @throws StoreFullError when it would grow a store that is full; the group is then as it was before.
   */
  run(transaction: Transaction): Interpretation {
    const { now } = this.options;
    const interpretation = interpret(transaction, { read: this.read, now, revision: this.lastRevision });
    const { effects } = interpretation;
    if (effects.length > 0) {
      this.reserve(effects);
      for (const effect of effects) {
        if (effect.type === 'set') this.overlay.set(effect.entry.key, effect.entry);
        else this.overlay.set(effect.key, undefined);
      }
      this.lastRevision = interpretation.revision;
      this.changes.push({ atomic: transaction.atomic, effects });
    }
    return interpretation;
  }

  /** Lets readers see the group. */
  apply(): void {
    const { table } = this.options;
    for (const [key, entry] of this.overlay) {
      if (entry === undefined) table.delete(key);
      else table.set(entry);
    }
  }

  private readonly read = (key: string): Entry | undefined =>
    this.overlay.has(key) ? this.overlay.get(key) : this.options.table.get(key, this.options.now);

  private reserve(effects: readonly Effect[]): void {
    const { table, maxMemoryBytes } = this.options;
    let growth = 0;
    const last = new Map<string, Entry | undefined>();
    for (const effect of effects) {
      const key = effect.type === 'set' ? effect.entry.key : effect.key;
      const before = last.has(key) ? last.get(key) : this.read(key);
      const after = effect.type === 'set' ? effect.entry : undefined;
      growth += costOf(table, after) - costOf(table, before);
      last.set(key, after);
    }
    if (growth > 0 && table.memoryBytes + this.grownBytes + growth > maxMemoryBytes) {
      throw new StoreFullError(
        `the store is full: its entries take about ${table.memoryBytes} of the ${maxMemoryBytes} bytes that they may; delete keys, or raise MAX_MEMORY_BYTES`,
      );
    }
    this.grownBytes += growth;
  }
}

function costOf(table: OrderedTable, entry: Entry | undefined): number {
  return entry === undefined ? 0 : table.costOf(entry);
}
