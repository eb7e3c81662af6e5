import { SlotChunk } from './slot-chunk.js';
import { type Position, SlotSequence, positionOf } from './slot-sequence.js';
import { SlotSet } from './slot-set.js';

/** How many chunks of what is due are put into the set for one who asks: some 0.2 ms. */
const MOST_CHUNKS_NOTED = 64;

/** Where the queue looks up what its slots hold. */
export interface ExpiryColumn {
  expiresAt(slot: number): number;
  valueBytesAt(slot: number): number;
}

/** Slots with the sum of their values' bytes. */
class WeighedChunk extends SlotChunk {
  /** UTF-8 bytes of all values. */
  valueBytes = 0;

  constructor(private readonly column: ExpiryColumn) {
    super();
  }

  override insert(offset: number, slot: number): void {
    super.insert(offset, slot);
    this.valueBytes += this.column.valueBytesAt(slot);
  }

  override remove(offset: number, count: number): void {
    this.valueBytes -= this.weigh(offset, offset + count);
    super.remove(offset, count);
  }

  override moveUpperHalf(upper: this): void {
    super.moveUpperHalf(upper);
    upper.valueBytes = upper.weigh(0, upper.length);
    this.valueBytes -= upper.valueBytes;
  }

  override append(next: this): void {
    super.append(next);
    this.valueBytes += next.valueBytes;
  }

  private weigh(from: number, to: number): number {
    let sum = 0;
    for (let i = from; i < to; i++) sum += this.column.valueBytesAt(this.slots[i]!);
    return sum;
  }
}

/**
 * Slots in order of their expiry (equal ones in order of their numbers). Only what expires at all is in it, and only once: an
 * entry that is overwritten or deleted leaves nothing behind. Each chunk keeps the sum of its values' bytes, so what is due
 * can be counted without a visit to each due entry.
 */
export class ExpiryQueue {
  private readonly sequence: SlotSequence<WeighedChunk>;
  /**
   * The slots at the front of the queue that {@link dueSet} has found due: exactly those that come before one of number `notedSlot` that
   * expires at `notedExpiry` (see {@link positionFrom}).
   */
  private readonly noted = new SlotSet();
  private notedExpiry = -Infinity;
  private notedSlot = 0;
  /** No slot that is not noted expires earlier, Unix milliseconds. */
  private othersAt = Infinity;

  /** @param column where the slots' expiries and sizes are; neither may change while a slot is in the queue. */
  constructor(private readonly column: ExpiryColumn) {
    this.sequence = new SlotSequence(() => new WeighedChunk(column));
  }

  /** Slots held. */
  get length(): number {
    return this.sequence.length;
  }

  /** Bytes of the queue. */
  get memoryBytes(): number {
    return this.sequence.memoryBytes + this.noted.memoryBytes;
  }

  /** Adds a slot that is not in the queue and whose expiry is finite. */
  add(slot: number): void {
    const expiresAt = this.column.expiresAt(slot);
    this.sequence.insert(this.positionFrom(expiresAt, slot), slot);
    if (isBefore(expiresAt, slot, this.notedExpiry, this.notedSlot)) this.noted.add(slot);
    else if (expiresAt < this.othersAt) this.othersAt = expiresAt;
  }

  /** Removes a slot that is in the queue. */
  remove(slot: number): void {
    this.sequence.remove(this.positionFrom(this.column.expiresAt(slot), slot));
    if (this.noted.size > 0) this.noted.delete(slot);
  }

  /** When the next slot is due, in milliseconds since the Unix epoch; `Infinity` when there is none. */
  get nextAt(): number {
    const first = this.sequence.chunks[0];
    return first === undefined ? Infinity : this.column.expiresAt(first.slots[0]!);
  }

  /**
   * Counts what is due at a time, entry by entry in the last chunk that is due only.
   *
   * @param now milliseconds since the Unix epoch; an expiry of exactly then is due.
   */
  due(now: number): { count: number; valueBytes: number } {
    let count = 0;
    let valueBytes = 0;
    for (const { slots, length, valueBytes: chunkBytes } of this.sequence.chunks) {
      if (this.column.expiresAt(slots[length - 1]!) <= now) {
        count += length;
        valueBytes += chunkBytes;
        continue;
      }
      for (let i = 0; this.column.expiresAt(slots[i]!) <= now; i++) {
        count++;
        valueBytes += this.column.valueBytesAt(slots[i]!);
      }
      break;
    }
    return { count, valueBytes };
  }

  /**
   * The slots that are due at a time. The set is the queue's own, good until its next change or the next call. What has come to be due since the last call
   * is added first; nobody waits for very many.
   *
   * @param now milliseconds since the Unix epoch; an expiry of exactly then is due.
   * @returns undefined while there are more than could be added, and when an earlier call had a later time.
   */
  dueSet(now: number): SlotSet | undefined {
    if (now < this.notedExpiry) return undefined;
    return this.othersAt > now || this.note(now) ? this.noted : undefined;
  }

  /** Notes what is due, and tells whether that is all. */
  private note(now: number): boolean {
    const { column, noted, sequence } = this;
    const from = this.positionFrom(this.notedExpiry, this.notedSlot);
    let chunks = 0;
    this.othersAt = Infinity;
    sequence.walk(from, sequence.end, false, ({ slots }, low, high) => {
      let end = high;
      // Where all of a chunk is due, its last expiry says so; a look at each would be a cache miss each.
      if (column.expiresAt(slots[high - 1]!) > now) {
        end = low;
        while (column.expiresAt(slots[end]!) <= now) end++;
      }
      for (let i = low; i < end; i++) noted.add(slots[i]!);
      if (end > low) {
        const last = slots[end - 1]!;
        this.notedExpiry = column.expiresAt(last);
        this.notedSlot = last + 1;
      }
      if (end < high) this.othersAt = column.expiresAt(slots[end]!);
      else if (++chunks === MOST_CHUNKS_NOTED) this.othersAt = this.notedExpiry;
      return this.othersAt === Infinity;
    });
    return this.othersAt > now;
  }

  /**
   * Removes and gives the slots that are due at a time, the earliest first.
   *
   * @param now milliseconds since the Unix epoch; an expiry of exactly then is due.
   * @param limit give no more than this.
   */
  takeDue(now: number, limit: number): number[] {
    const taken: number[] = [];
    while (taken.length < limit && this.nextAt <= now) {
      const { slots, length } = this.sequence.chunks[0]!;
      const most = Math.min(length, limit - taken.length);
      let count = 1;
      while (count < most && this.column.expiresAt(slots[count]!) <= now) {
        count++;
      }
      for (const slot of this.sequence.removeFirst(count)) {
        taken.push(slot);
        this.noted.delete(slot);
      }
    }
    return taken;
  }

  /** The position before the first slot that expires after `expiresAt`, or at it with a number of `slot` or more. */
  private positionFrom(expiresAt: number, slot: number): Position {
    const { chunks } = this.sequence;
    let low = 0;
    let high = chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const chunk = chunks[middle]!;
      if (this.isBefore(chunk.slots[chunk.length - 1]!, expiresAt, slot)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    const chunk = chunks[low];
    if (chunk === undefined) {
      return this.sequence.end;
    }
    let from = 0;
    let to = chunk.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.isBefore(chunk.slots[middle]!, expiresAt, slot)) {
        from = middle + 1;
      } else {
        to = middle;
      }
    }
    return positionOf(low, from);
  }

  private isBefore(slot: number, expiresAt: number, than: number): boolean {
    return isBefore(this.column.expiresAt(slot), slot, expiresAt, than);
  }
}

/** Whether a slot comes before another one, by their expiries and, where these are equal, their numbers. */
function isBefore(expiresAt: number, slot: number, otherExpiresAt: number, other: number): boolean {
  return expiresAt < otherExpiresAt || (expiresAt === otherExpiresAt && slot < other);
}
