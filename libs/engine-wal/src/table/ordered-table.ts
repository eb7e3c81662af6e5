import { isExpired, NEVER, type Effect, type Entry, type JsonText, type ListQuery, type Page } from '@kvasir/kv-core';
import { ExpiryQueue } from './expiry-queue.js';
import { KeyIndex, NO_SLOT } from './key-index.js';
import { OrderedIndex } from './ordered-index.js';
import { NO_VALUE, SlotColumns, SLOT_BYTES, stringMemory } from './slot-columns.js';
import type { Position } from './slot-sequence.js';

/** What an entry takes in the hash index and the ordered index, on average. */
const INDEX_BYTES = 20;
/** What an entry that expires takes in the expiry queue, on average. */
const QUEUE_BYTES = 8;

/** What a reader can see. */
export interface LiveTotals {
  /** Entries. */
  readonly count: number;
  /** Sum of the UTF-8 bytes of their values. */
  readonly valueBytes: number;
}

/**
 * All entries of a store in memory: a hash index for reads, an ordered index for listings, an expiry queue for the sweep.
 *
 * No call copies or visits everything, however large the table. The one that may take long is a listing over many entries that
 * have expired and were not swept: see {@link OrderedTable.due}.
 *
 * Times are Unix milliseconds; `now` must never be less than in an earlier call.
 */
export class OrderedTable {
  private columns!: SlotColumns;
  private keys!: KeyIndex;
  private order!: OrderedIndex;
  private expiries!: ExpiryQueue;
  /** The latest expiry of all that was swept. */
  private sweptExpiry = 0;
  /** Whether the ordered index waits for {@link OrderedTable.finishLoading}. */
  private loading = false;

  /** What {@link OrderedTable.replay} was last given, one object for all lines: the columns copy its fields. */
  private readonly replayed: { -readonly [Field in keyof Entry]: Entry[Field] } = {
    key: '',
    value: NO_VALUE,
    revision: 0,
    createdAt: 0,
    updatedAt: 0,
    expiresAt: NEVER,
  };

  /** @param seed chooses the hash of the key index; only tests give one. */
  constructor(private readonly seed?: number) {
    this.clear();
  }

  /** Entries held, expired ones that were not swept included. */
  get size(): number {
    return this.columns.size;
  }

  /**
   * What the table costs now, in bytes: its columns (52 a slot, in blocks of 16,384), the strings of keys and values (a header of
   * 16 and their text in steps of 8, two bytes a UTF-16 unit unless all ASCII), the hash index's places (8 each, 20 to 80 % taken),
   * the chunks of the ordered index and of the expiry queue (about 1.4 KiB each, for 64 to 256 slots). The indexes grow in steps,
   * so one more entry may add nothing or 900 KiB to it; {@link OrderedTable.costOf} is the average.
   *
   * Room that deleted entries have left in blocks and chunks counts here; in {@link OrderedTable.entryBytes} it does not.
   */
  get memoryBytes(): number {
    return this.columns.memoryBytes + this.keys.memoryBytes + this.order.memoryBytes + this.expiries.memoryBytes;
  }

  /** What one entry adds to {@link OrderedTable.memoryBytes}, in bytes, averaged over many. */
  costOf(entry: Entry): number {
    const strings =
      stringMemory(entry.key, Buffer.byteLength(entry.key)) + stringMemory(entry.value, Buffer.byteLength(entry.value));
    return strings + SLOT_BYTES + INDEX_BYTES + (entry.expiresAt === NEVER ? 0 : QUEUE_BYTES);
  }

  /** At least what {@link OrderedTable.costOf} says, without a look at the text: for less than a tenth of the time. */
  costAtMost(entry: Entry): number {
    return 2 * (16 + 7) + 2 * (entry.key.length + entry.value.length) + SLOT_BYTES + INDEX_BYTES + QUEUE_BYTES;
  }

  /**
   * The sum of what the entries held cost by {@link OrderedTable.costOf}. It depends on nothing but them: a store that was filled to a
   * limit is within it after a restart, and takes an entry for one of the same size that was deleted. Room that deleted entries have
   * left is used again first, so {@link OrderedTable.memoryBytes} never gets far above the greatest sum there was.
   */
  get entryBytes(): number {
    return this.columns.stringBytes + this.size * (SLOT_BYTES + INDEX_BYTES) + this.expiries.length * QUEUE_BYTES;
  }

  /** Sum of the UTF-8 bytes of all keys and values held. */
  get textBytes(): number {
    return this.columns.keyBytes + this.columns.valueBytes;
  }

  /** Entries held that expire at all. */
  get expiring(): number {
    return this.expiries.length;
  }

  /** Where {@link OrderedTable.scan} ends. */
  get slotEnd(): number {
    return this.columns.slotEnd;
  }

  /** No entry that was swept expired later than this, Unix milliseconds; 0 if none was swept. */
  get sweptThrough(): number {
    return this.sweptExpiry;
  }

  /** When the next entry expires or has expired, unswept; {@link NEVER} when none will. */
  get nextExpiryAt(): number {
    return this.expiries.nextAt;
  }

  /** The entry of a key that a reader sees at `now`. */
  get(key: string, now: number): Entry | undefined {
    const slot = this.liveSlot(key, now);
    return slot === NO_SLOT ? undefined : this.columns.read(slot);
  }

  /** The value alone, for less than {@link OrderedTable.get} costs. */
  getValue(key: string, now: number): JsonText | undefined {
    const slot = this.liveSlot(key, now);
    return slot === NO_SLOT ? undefined : this.columns.valueAt(slot);
  }

  /** The entry of a key, expired or not. */
  peek(key: string): Entry | undefined {
    const slot = this.keys.find(key);
    return slot === NO_SLOT ? undefined : this.columns.read(slot);
  }

  /** Whether a reader sees the key at `now`. */
  has(key: string, now: number): boolean {
    return this.liveSlot(key, now) !== NO_SLOT;
  }

  /**
   * Begins a load of very many entries into an empty table, such as a replay: until {@link OrderedTable.finishLoading} the ordered
   * index is not kept, and a listing throws. Everything else works.
   *
   * @throws Error when the table is not empty.
   */
  startLoading(): void {
    if (this.size > 0) throw new Error(`a load needs an empty table, and this one holds ${this.size} entries`);
    this.loading = true;
  }

  /** Ends a load: builds the ordered index at one go, about 0.3 s for 1,000,000 random keys. */
  finishLoading(): void {
    if (!this.loading) return;
    const slots = new Uint32Array(this.columns.size);
    let count = 0;
    for (let slot = 0; slot < this.columns.slotEnd; slot++) {
      if (this.columns.holds(slot)) slots[count++] = slot;
    }
    this.order.build(slots);
    this.loading = false;
  }

  /** Does what a committed write says. Deleting a key that is not there (it may have been swept) does nothing. */
  apply(effect: Effect): void {
    if (effect.type === 'set') this.set(effect.entry);
    else this.delete(effect.key);
  }

  /** Puts an entry in, in place of the one that has its key. */
  set(entry: Entry): void {
    this.put(this.keys.find(entry.key), entry);
  }

  /**
   * Puts in what a log says of a key that was written at `updatedAt`.
   *
   * @param createdAt undefined: that of the entry which is there, if it was live then, else `updatedAt`
   */
  replay(
    key: string,
    value: JsonText,
    expiresAt: number,
    updatedAt: number,
    createdAt: number | undefined,
    revision: number,
  ): void {
    const { columns } = this;
    const slot = this.keys.find(key);
    let created = createdAt;
    if (created === undefined) {
      const overwrites = slot !== NO_SLOT && !isExpired(columns.expiresAt(slot), updatedAt);
      created = overwrites ? columns.createdAt(slot) : updatedAt;
    }
    const { replayed } = this;
    replayed.key = key;
    replayed.value = value;
    replayed.revision = revision;
    replayed.createdAt = created;
    replayed.updatedAt = updatedAt;
    replayed.expiresAt = expiresAt;
    this.put(slot, replayed);
  }

  /** @param slot where the entry's key is, or {@link NO_SLOT} */
  private put(slot: number, entry: Entry): void {
    const { columns } = this;
    if (slot === NO_SLOT) {
      slot = columns.allocate(entry);
      this.keys.add(entry.key, slot);
      if (!this.loading) this.order.add(slot);
    } else {
      if (columns.expiresAt(slot) !== NEVER) this.expiries.remove(slot);
      columns.overwrite(slot, entry);
    }
    if (entry.expiresAt !== NEVER) this.expiries.add(slot);
  }

  /** Removes a key's entry, expired or not. */
  delete(key: string): boolean {
    const slot = this.keys.find(key);
    if (slot === NO_SLOT) return false;
    if (this.columns.expiresAt(slot) !== NEVER) this.expiries.remove(slot);
    this.free(slot);
    return true;
  }

  /** A page of the entries that a reader sees at `now`; see {@link OrderedTable.due} for its cost. */
  list(query: ListQuery, now: number): Page<Entry> {
    return this.page(query, now, (slot) => this.columns.read(slot));
  }

  /** The same page with the keys alone. */
  listKeys(query: ListQuery, now: number): Page<string> {
    return this.page(query, now, (slot) => this.columns.keyAt(slot));
  }

  /** What a reader sees at `now`, in number and bytes; no visit to each entry. */
  live(now: number): LiveTotals {
    const due = this.expiries.due(now);
    return { count: this.columns.size - due.count, valueBytes: this.columns.valueBytes - due.valueBytes };
  }

  /**
   * How many entries have expired at `now` and were not swept. A listing passes over those in its range one by one (some 50 ns
   * each), so before one that must not block, sweep while there are very many.
   */
  due(now: number): number {
    return this.expiries.due(now).count;
  }

  /** Frees up to `limit` entries that have expired at `now`, the earliest first, and tells how many. */
  purgeExpired(now: number, limit: number): number {
    const due = this.expiries.takeDue(now, limit);
    const last = due.at(-1);
    if (last !== undefined) this.sweptExpiry = Math.max(this.sweptExpiry, this.columns.expiresAt(last));
    for (const slot of due) this.free(slot);
    return due.length;
  }

  /**
   * Visits entries in order of their slots, a slice at a time, expired ones too. Between slices the table may change: an entry
   * that is there from the first slice to the last, overwritten or not, is visited exactly once; one that comes or goes meanwhile
   * at most once for each time it came.
   *
   * @param from 0 at first, then what the call before gave.
   * @param slots how many slots to look at, 1 or more.
   * @returns where to go on, `undefined` at the end.
   */
  scan(from: number, slots: number, visit: (entry: Entry) => void): number | undefined {
    const { columns } = this;
    const end = Math.min(from + slots, columns.slotEnd);
    for (let slot = from; slot < end; slot++) {
      if (columns.holds(slot)) visit(columns.read(slot));
    }
    return end < columns.slotEnd ? end : undefined;
  }

  /** Forgets everything, at once. */
  clear(): void {
    this.columns = new SlotColumns();
    this.keys = new KeyIndex(this.columns, this.seed);
    this.order = new OrderedIndex(this.columns);
    this.expiries = new ExpiryQueue(this.columns);
    this.sweptExpiry = 0;
    this.loading = false;
  }

  private liveSlot(key: string, now: number): number {
    const slot = this.keys.find(key);
    return slot === NO_SLOT || isExpired(this.columns.expiresAt(slot), now) ? NO_SLOT : slot;
  }

  /** Frees a slot that is not in the expiry queue (any more). */
  private free(slot: number): void {
    if (!this.loading) this.order.remove(slot);
    this.keys.remove(this.columns.keyAt(slot), slot);
    this.columns.release(slot);
  }

  private page<Item>(query: ListQuery, now: number, read: (slot: number) => Item): Page<Item> {
    if (this.loading) throw new Error('no listing before the load is finished: the ordered index is not there yet');
    const { limit, reverse = false } = query;
    const [from, to] = this.range(query, reverse);
    const items: Item[] = [];
    let more = false;
    this.order.walk(from, to, reverse, (slot) => {
      if (isExpired(this.columns.expiresAt(slot), now)) return true;
      more = items.length === limit;
      if (!more) items.push(read(slot));
      return !more;
    });
    return { items, more };
  }

  /** The stretch of the ordered index that a query asks for. */
  private range(query: ListQuery, reverse: boolean): [from: Position, to: Position] {
    const { order } = this;
    const { prefix, start, end } = query as { prefix?: string; start?: string; end?: string };
    const first = prefix ?? start;
    let from = first === undefined ? 0 : order.lowerBound(first);
    let to = order.end;
    if (prefix !== undefined) to = order.prefixEnd(prefix);
    else if (end !== undefined) to = order.lowerBound(end);
    if (query.after !== undefined) {
      if (reverse) to = Math.min(to, order.lowerBound(query.after));
      else from = Math.max(from, order.upperBound(query.after));
    }
    return [from, to];
  }
}
