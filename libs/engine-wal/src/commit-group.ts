import {
  interpret,
  StoreFullError,
  type Effect,
  type Entry,
  type EntryState,
  type Interpretation,
  type Transaction,
} from '@kvasir/kv-core';

import type { MemoryBudget } from './memory-budget.js';
import { entryCost, entryCostAtMost } from './table/entry-cost.js';
import type { OrderedTable } from './table/ordered-table.js';

/** How many expired entries go at a time to make room. */
const PURGE_STEP = 1000;

/** The effects of one transaction, in order. */
export interface TransactionEffects {
  /** Whether a log has to hold all of them or none. */
  readonly atomic: boolean;
  readonly effects: readonly Effect[];
  /** Whether the entries are another store's: their times are not those of the group, nor what a reader of the log would take them for. */
  readonly loaded?: boolean;
}

/** What a group works on, and how much it may add to it. */
export interface CommitGroupOptions {
  readonly table: OrderedTable;
  /** The time of every transaction in the group, Unix milliseconds. */
  readonly now: number;
  /** The store's revision before the group. */
  readonly revision: number;
  /** Past it, transactions that grow the store are refused. */
  readonly memory: MemoryBudget;
}

/**
 * Transactions that are made durable together. They run in order against the table plus an overlay of what the group did so far; the table itself changes only in
 * {@link apply}, once the log has them all, so a reader never sees what a crash could take back.
 */
export class CommitGroup {
  private readonly overlay = new Map<string, Entry | undefined>();
  private readonly changes: TransactionEffects[] = [];
  private lastRevision: number;
  /** What the group adds to the table: exactly, or, until {@link exact}, no more than this. */
  private grownBytes = 0;
  private exact = false;

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
    const { read, readState, lastRevision: revision } = this;
    const interpretation = interpret(transaction, { read, readState, now, revision });
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

  /**
   * Writes entries as they are, each with the next revision in place of its own.
   *
   * @throws StoreFullError when they would grow a store that is full; the group is then as it was before.
   */
  put(entries: readonly Entry[]): void {
    let revision = this.lastRevision;
    const effects = entries.map((entry): Effect => ({ type: 'set', entry: { ...entry, revision: ++revision } }));
    this.reserve(effects);
    for (const effect of effects) if (effect.type === 'set') this.overlay.set(effect.entry.key, effect.entry);
    this.lastRevision = revision;
    this.changes.push({ atomic: false, effects, loaded: true });
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

  private readonly readState = (key: string): EntryState | undefined =>
    this.overlay.has(key) ? this.overlay.get(key) : this.options.table.getState(key, this.options.now);

  /**
   * Counts what a transaction adds. As long as the limit is far this takes the most that it could be, which is cheap; near the limit the group is
   * counted exactly, from then on. A store that is full is rid of what has expired, as by the sweep, and of what snapshots and loads hold, before anything is refused.
   */
  private reserve(effects: readonly Effect[]): void {
    const { table, now, memory } = this.options;
    if (!this.exact) {
      let most = 0;
      for (const effect of effects) if (effect.type === 'set') most += entryCostAtMost(effect.entry);
      if (this.grownBytes + most <= memory.room) {
        this.grownBytes += most;
        return;
      }
      this.exact = true;
      this.grownBytes = this.growthSoFar();
    }
    let growth = this.growthOf(effects);
    while (growth > 0 && this.grownBytes + growth > memory.room) {
      const { room } = memory;
      const purged = table.purgeExpired(now, PURGE_STEP);
      // Entries that the group writes over may be among those that went.
      this.grownBytes = this.growthSoFar();
      growth = this.growthOf(effects);
      if (memory.room > room) continue;
      // Nothing had expired, or snapshots keep what had. They are given up only for a write that then fits.
      const fits = this.grownBytes + growth <= memory.maxBytes - (purged === 0 ? table.entryBytes : 0);
      if (!(fits && memory.reclaim()) && purged === 0) throw this.full();
    }
    this.grownBytes += growth;
  }

  private full(): StoreFullError {
    const { table, memory } = this.options;
    return new StoreFullError(
      `the store is full: its entries take about ${table.entryBytes} of the ${memory.maxBytes} bytes that they may; delete keys, or raise MAX_MEMORY_BYTES`,
    );
  }

  /** What the group adds to the table so far; below 0 when it shrinks. */
  private growthSoFar(): number {
    const { table } = this.options;
    let growth = 0;
    for (const [key, entry] of this.overlay) growth += costOf(entry) - costOf(table.peek(key));
    return growth;
  }

  /** What the effects of one transaction add to the table and the group. */
  private growthOf(effects: readonly Effect[]): number {
    let growth = 0;
    const last = new Map<string, Entry | undefined>();
    for (const effect of effects) {
      const key = effect.type === 'set' ? effect.entry.key : effect.key;
      const before = last.has(key) ? last.get(key) : this.held(key);
      const after = effect.type === 'set' ? effect.entry : undefined;
      growth += costOf(after) - costOf(before);
      last.set(key, after);
    }
    return growth;
  }

  /** What memory holds for a key once the group so far is applied, expired or not. */
  private held(key: string): Entry | undefined {
    return this.overlay.has(key) ? this.overlay.get(key) : this.options.table.peek(key);
  }
}

function costOf(entry: Entry | undefined): number {
  return entry === undefined ? 0 : entryCost(entry);
}
