import {
  isExpired,
  NEVER,
  type Effect,
  type Entry,
  type EntryState,
  type JsonText,
  type ListQuery,
  type Page,
} from '@kvasir/kv-core';
import { FIXED_BYTES, MOST_BYTES_A_UNIT, QUEUE_BYTES } from './entry-cost.js';
import { ExpiryQueue } from './expiry-queue.js';
import { packedCost } from './key-chunk.js';
import { KeyIndex, NO_SLOT } from './key-index.js';
import { OrderedIndex } from './ordered-index.js';
import type { ReplayBatch } from './replay-batch.js';
import { ReplayedNumbers } from './replayed-numbers.js';
import type { Position } from './slot-sequence.js';
import { LARGEST_INLINE_VALUE, SlotColumns, type EntryNumbers } from './slot-columns.js';
import { encode } from './utf8.js';

/** Where a value is encoded, behind the room for the longest key (1,024 bytes). */
const VALUE_AT = 1024 * MOST_BYTES_A_UNIT;

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
  /** Sum of what the ordered index's copies of the keys cost. */
  private copyCost = 0;
  /** The latest expiry of all that was swept. */
  private sweptExpiry = 0;
  /** Whether the ordered index waits for {@link OrderedTable.finishLoading}. */
  private loading = false;

  /** Told of each entry right before it is overwritten or removed, whatever does it; undefined while no snapshot needs to know. Must neither change the table nor look a key up in it. */
  onLoss: ((entry: Entry) => void) | undefined;

  /** Where keys and values are encoded: the key from 0 on, a value from `VALUE_AT` on. */
  private readonly scratch = Buffer.allocUnsafeSlow(VALUE_AT + LARGEST_INLINE_VALUE * MOST_BYTES_A_UNIT);
  /** Bytes of the key that {@link OrderedTable.find} was last asked for; it is in the scratch buffer. */
  private keyLength = 0;
  /** Its hash. */
  private keyHash = 0;

  /** What {@link OrderedTable.replay} was last given. */
  private readonly replayed = new ReplayedNumbers();

  /** @param seed chooses the hash of the key index; only tests give one. */
  constructor(private readonly seed?: number) {
    this.clear();
  }

  /** Entries held, expired ones that were not swept included. */
  get size(): number {
    return this.columns.size;
  }

  /**
   * What the table takes now, in bytes: its columns (48 a slot, in blocks of 4,096), the texts of keys and values (their UTF-8 bytes and spare room of up to a
   * quarter; values above 512 bytes as strings of their own), the hash index's places (8 each, 20 to 80 % taken), the chunks of the ordered index (about 3 KiB each for 64 to 256 slots,
   * and the UTF-8 bytes of keys of up to 64) and of the expiry queue (about 1.4 KiB each). All of it grows in steps; {@link entryCost} is the average. Visits every block and chunk.
   *
   * Room that deleted entries have left in blocks and chunks counts here; in {@link OrderedTable.entryBytes} it does not.
   */
  get memoryBytes(): number {
    return this.columns.memoryBytes + this.keys.memoryBytes + this.order.memoryBytes + this.expiries.memoryBytes;
  }

  /**
   * The sum of what the entries held cost by {@link entryCost}. It depends on nothing but them: a store that was filled to a
   * limit is within it after a restart, and takes an entry for one of the same size that was deleted. Room that deleted entries have
   * left is used again first, so {@link OrderedTable.memoryBytes} never gets far above the greatest sum there was.
   */
  get entryBytes(): number {
    const { columns, copyCost, expiries } = this;
    return columns.textCost + copyCost + columns.size * FIXED_BYTES + expiries.length * QUEUE_BYTES;
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
    return slot === NO_SLOT ? undefined : this.columns.read(slot, key);
  }

  /** The value alone, for less than {@link OrderedTable.get} costs. */
  getValue(key: string, now: number): JsonText | undefined {
    const slot = this.liveSlot(key, now);
    return slot === NO_SLOT ? undefined : this.columns.valueAt(slot);
  }

  /** What a write has to know of that entry, for less than {@link OrderedTable.get} costs. */
  getState(key: string, now: number): EntryState | undefined {
    const slot = this.liveSlot(key, now);
    return slot === NO_SLOT ? undefined : this.columns.stateAt(slot);
  }

  /** The entry of a key, expired or not. */
  peek(key: string): Entry | undefined {
    const slot = this.find(key);
    return slot === NO_SLOT ? undefined : this.columns.read(slot, key);
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

  /** Ends a load: builds the ordered index at one go, about 0.1 s for 1,000,000 random keys. */
  finishLoading(): void {
    if (!this.loading) return;
    this.order.build(this.columns.heldSlots());
    this.loading = false;
  }

  /** Does what a committed write says. Deleting a key that is not there (it may have been swept) does nothing. */
  apply(effect: Effect): void {
    if (effect.type === 'set') this.set(effect.entry);
    else this.delete(effect.key);
  }

  /** Puts an entry in, in place of the one that has its key. */
  set(entry: Entry): void {
    this.put(this.find(entry.key), entry.value, entry);
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
    const slot = this.find(key);
    this.replayed.set(this.columns, slot, expiresAt, updatedAt, createdAt, revision);
    this.put(slot, value, this.replayed);
  }

  /** The same for each line of a batch, in order; empties it. Makes no strings, and waits for main memory once for many keys instead of for each. */
  replayBatch(batch: ReplayBatch): void {
    const { keys, columns, expiries, replayed } = this;
    const { bytes, hashes, length } = batch;
    for (let i = 0; i < length; i++) hashes[i] = keys.hash(bytes, batch.keyStart(i), batch.keyLength(i));
    keys.fetch(hashes, length);
    for (let i = 0; i < length; i++) {
      const hash = hashes[i]!;
      const start = batch.keyStart(i);
      const keyLength = batch.keyLength(i);
      const expiresAt = batch.expiresAt(i);
      const found = keys.find(hash, bytes, start, keyLength);
      replayed.set(columns, found, expiresAt, batch.updatedAt(i), batch.createdAt(i), batch.revision(i));
      const slot = this.beginPut(found, hash, bytes, start, keyLength);
      columns.fill(slot, bytes, batch.valueStart(i), batch.valueLength(i), replayed);
      if (expiresAt !== NEVER) expiries.add(slot);
    }
    batch.length = 0;
  }

  /**
   * Puts in the entry whose key {@link find} was just asked for.
   *
   * @param slot what it gave
   */
  private put(slot: number, value: JsonText, numbers: EntryNumbers): void {
    const { columns, scratch } = this;
    const put = this.beginPut(slot, this.keyHash, scratch, 0, this.keyLength);
    if (value.length > LARGEST_INLINE_VALUE) {
      columns.fillLarge(put, value, numbers);
    } else {
      columns.fill(put, scratch, VALUE_AT, encode(value, scratch, VALUE_AT), numbers);
    }
    if (numbers.expiresAt !== NEVER) this.expiries.add(put);
  }

  /** Sees to it that a key has a slot, which is not in the expiry queue (any more), and gives it. */
  private beginPut(slot: number, hash: number, bytes: Buffer, start: number, length: number): number {
    if (slot !== NO_SLOT) {
      if (this.onLoss !== undefined) this.onLoss(this.columns.read(slot));
      if (this.columns.expiresAt(slot) !== NEVER) this.expiries.remove(slot);
      return slot;
    }
    const added = this.columns.allocate(bytes, start, length);
    this.copyCost += packedCost(length);
    this.keys.add(hash, added);
    if (!this.loading) this.order.add(added);
    return added;
  }

  /** Removes a key's entry, expired or not. */
  delete(key: string): boolean {
    const slot = this.find(key);
    if (slot === NO_SLOT) return false;
    if (this.columns.expiresAt(slot) !== NEVER) this.expiries.remove(slot);
    this.free(slot);
    return true;
  }

  /** A page of the entries that a reader sees at `now`, here also an earlier time than that of another call; see {@link OrderedTable.due} for its cost. */
  list(query: ListQuery, now: number): Page<Entry> {
    const { limit, reverse = false } = query;
    const [from, to] = this.range(query, reverse);
    const isHidden = this.hidden(now);
    const items: Entry[] = [];
    let more = false;
    this.order.walk(from, to, reverse, (slot) => {
      if (isHidden?.(slot)) return true;
      more = items.length === limit;
      if (!more) items.push(this.columns.read(slot));
      return !more;
    });
    return { items, more };
  }

  /** The same page with the keys alone, for far less. */
  listKeys(query: ListQuery, now: number): Page<string> {
    const { limit, reverse = false } = query;
    const [from, to] = this.range(query, reverse);
    return this.order.keys(from, to, reverse, limit, this.hidden(now));
  }

  /** What a reader sees at `now`, in number and bytes; no visit to each entry. */
  live(now: number): LiveTotals {
    const due = this.expiries.due(now);
    return { count: this.columns.size - due.count, valueBytes: this.columns.valueBytes - due.valueBytes };
  }

  /**
   * How many entries have expired at `now` and were not swept. A listing passes over those in its range one by one (some 6 ns each,
   * 50 ns while tens of thousands have expired since the last one), so before one that must not block, sweep while there are very many.
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

  /** Takes over what another table holds, at once, and gives it what this one held. */
  swap(other: OrderedTable): void {
    [this.columns, other.columns] = [other.columns, this.columns];
    [this.keys, other.keys] = [other.keys, this.keys];
    [this.order, other.order] = [other.order, this.order];
    [this.expiries, other.expiries] = [other.expiries, this.expiries];
    [this.copyCost, other.copyCost] = [other.copyCost, this.copyCost];
  }

  /** Forgets everything, at once. */
  clear(): void {
    this.columns = new SlotColumns();
    this.keys = new KeyIndex(this.columns, this.seed);
    this.order = new OrderedIndex(this.columns);
    this.expiries = new ExpiryQueue(this.columns);
    this.copyCost = 0;
    this.sweptExpiry = 0;
    this.loading = false;
  }

  private find(key: string): number {
    const { keys, scratch } = this;
    this.keyLength = encode(key, scratch, 0);
    this.keyHash = keys.hash(scratch, 0, this.keyLength);
    return keys.find(this.keyHash, scratch, 0, this.keyLength);
  }

  private liveSlot(key: string, now: number): number {
    const slot = this.find(key);
    return slot === NO_SLOT || isExpired(this.columns.expiresAt(slot), now) ? NO_SLOT : slot;
  }

  /** Frees a slot that is not in the expiry queue (any more). */
  private free(slot: number): void {
    if (this.onLoss !== undefined) this.onLoss(this.columns.read(slot));
    if (!this.loading) this.order.remove(slot);
    this.keys.remove(slot);
    this.copyCost -= packedCost(this.columns.keyLength(slot));
    this.columns.release(slot);
  }

  private range(query: ListQuery, reverse: boolean): [from: Position, to: Position] {
    if (this.loading) throw new Error('no listing before the load is finished: the ordered index is not there yet');
    return this.order.range(query, reverse);
  }

  /** Tells which slots a reader does not see at `now`; undefined when there are none. */
  private hidden(now: number): ((slot: number) => boolean) | undefined {
    const { columns, expiries } = this;
    if (!isExpired(expiries.nextAt, now)) return undefined;
    const due = expiries.dueSet(now);
    // A look at the expiry of each slot costs a cache miss.
    return due === undefined ? (slot) => isExpired(columns.expiresAt(slot), now) : (slot) => due.has(slot);
  }
}
