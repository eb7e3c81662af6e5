import { SlotChunk } from './slot-chunk.js';
import { type Position, SlotSequence, positionOf } from './slot-sequence.js';

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
    return this.sequence.memoryBytes;
  }

  /** Adds a slot that is not in the queue and whose expiry is finite. */
  add(slot: number): void {
    this.sequence.insert(this.positionFrom(this.column.expiresAt(slot), slot), slot);
  }

  /** Removes a slot that is in the queue. */
  remove(slot: number): void {
    this.sequence.remove(this.positionFrom(this.column.expiresAt(slot), slot));
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
   * The slots that are due at a time, the earliest first.
   *
   * @param most give none when there are more than this.
   */
  dueSlots(now: number, most: number): readonly number[] | undefined {
    const due: number[] = [];
    for (const { slots, length } of this.sequence.chunks) {
      for (let i = 0; i < length; i++) {
        if (this.column.expiresAt(slots[i]!) > now) return due;
        if (due.length === most) return undefined;
        due.push(slots[i]!);
      }
    }
    return due;
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
    const own = this.column.expiresAt(slot);
    return own < expiresAt || (own === expiresAt && slot < than);
  }
}
