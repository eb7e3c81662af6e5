import { compareKeys, isExpired, StoreFullError, type Entry, type Page, type SnapshotSource } from '@kvasir/kv-core';

import type { Borrower, MemoryBudget } from '../memory-budget.js';
import { OrderedTable } from '../table/ordered-table.js';

/** Entries looked at in one call: some 50 µs. */
const BATCH_ENTRIES = 256;

const NOTHING: Page<Entry> = { items: [], more: false };

/**
 * A table's entries as of a revision, read in byte order of the key while the table goes on changing. Before an entry ahead of the reader is overwritten or removed it is put aside here, so
 * memory holds what was taken away meanwhile and nothing else; what is behind the reader may go. What it holds counts in the store's memory: when that is full, the snapshot ends.
 */
export class TableSnapshot implements SnapshotSource, Borrower {
  readonly keys: number;
  /** What was put aside and not read yet; made when there is something. */
  private aside: OrderedTable | undefined;
  /** The last key that was looked at. */
  private last: string | undefined;
  private done = false;
  /** Whether the table is its own: the store's is another one since. */
  private moved = false;
  private failure: StoreFullError | undefined;

  /**
   * @param revision the store's; the table holds no later write
   * @param time the store's, Unix milliseconds: what has expired by then is left out
   */
  constructor(
    private table: OrderedTable,
    private readonly memory: MemoryBudget,
    readonly revision: number,
    readonly time: number,
    private readonly onClose: (snapshot: TableSnapshot) => void,
  ) {
    this.keys = table.live(time).count;
    memory.lend(this);
  }

  /** A table that a replacement has left to several snapshots counts for each of them. */
  get bytes(): number {
    return (this.aside?.entryBytes ?? 0) + (this.moved ? this.table.entryBytes : 0);
  }

  giveUp(): void {
    const { maxBytes } = this.memory;
    this.failure = new StoreFullError(
      `the snapshot was given up: the entries, and those that were overwritten or removed since it began, which it had to keep, take more than ${maxBytes} bytes. ` +
        'Read it faster, or raise MAX_MEMORY_BYTES',
    );
    this.close();
  }

  /** To be called with each entry that the table is about to lose. */
  keep(entry: Entry): void {
    const { revision, time, last, done } = this;
    if (done || entry.revision > revision || isExpired(entry.expiresAt, time)) return;
    if (last !== undefined && compareKeys(entry.key, last) <= 0) return;
    this.aside ??= new OrderedTable();
    this.aside.set(entry);
    if (this.memory.room < 0) this.giveUp();
  }

  /** Goes on in another table, which holds what this one does and changes no more. */
  moveTo(table: OrderedTable): void {
    this.table = table;
    this.moved = true;
  }

  /** @throws StoreFullError when it was given up */
  next(): readonly Entry[] | undefined {
    if (this.failure !== undefined) throw this.failure;
    if (this.done) return undefined;
    const { last: after, revision, time } = this;
    const query = { after, limit: BATCH_ENTRIES };
    const current = this.table.list(query, time);
    const aside = this.aside?.list(query, time) ?? NOTHING;
    const bound = lowest(endOf(current), endOf(aside));
    this.last = bound;
    this.done = bound === undefined;
    const written = current.items.filter((entry) => entry.revision <= revision && isWithin(entry, bound));
    const lost = aside.items.filter((entry) => isWithin(entry, bound));
    for (const { key } of lost) this.aside?.delete(key);
    if (this.done) this.release();
    return lost.length === 0 ? written : merge(written, lost);
  }

  close(): void {
    this.done = true;
    this.release();
    this.onClose(this);
  }

  /** What was given to the reader last is all that there was: nothing has to be kept for it, or can be taken from it, any more. */
  private release(): void {
    this.aside = undefined;
    if (this.moved) this.table = new OrderedTable();
    this.memory.settle(this);
  }
}

/** Up to which key a page tells all; undefined: to the end. */
function endOf({ items, more }: Page<Entry>): string | undefined {
  return more ? items.at(-1)?.key : undefined;
}

function lowest(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return compareKeys(a, b) <= 0 ? a : b;
}

function isWithin(entry: Entry, bound: string | undefined): boolean {
  return bound === undefined || compareKeys(entry.key, bound) <= 0;
}

/** Two lists in byte order as one; no key is in both. */
function merge(a: readonly Entry[], b: readonly Entry[]): Entry[] {
  const merged: Entry[] = [];
  let i = 0;
  for (const entry of b) {
    for (; i < a.length && compareKeys(a[i]!.key, entry.key) < 0; i++) merged.push(a[i]!);
    merged.push(entry);
  }
  for (; i < a.length; i++) merged.push(a[i]!);
  return merged;
}
