import type { ListQuery } from '@kvasir/kv-core';
import { compareBytes, type KeyColumn } from './key-column.js';
import { type Position, SlotSequence, positionOf } from './slot-sequence.js';
import { sortByKey } from './sort-by-key.js';

/** Slots in byte order of their keys: O(log n) to find a key's place, insertion and removal move one chunk's slots at most. */
export class OrderedIndex {
  private readonly sequence = new SlotSequence();

  /** @param column where the slots' keys are. */
  constructor(private readonly column: KeyColumn) {}

  /** Slots held. */
  get length(): number {
    return this.sequence.length;
  }

  /** The position behind the last key. */
  get end(): Position {
    return this.sequence.end;
  }

  /** Bytes of the index. */
  get memoryBytes(): number {
    return this.sequence.memoryBytes;
  }

  /** Adds a slot whose key is in the column already and in the index not yet. */
  add(slot: number): void {
    this.sequence.insert(this.appends(slot) ? this.sequence.end : this.positionOf(slot), slot);
  }

  /** Fills an index that is empty with slots in any order, which it sorts in place: for very many, far faster than one by one. */
  build(slots: Uint32Array): void {
    sortByKey(slots, this.column);
    this.sequence.fill(slots);
  }

  /** Removes a slot whose key is still in the column. */
  remove(slot: number): void {
    this.sequence.remove(this.positionOf(slot));
  }

  /** The position before the first key that is not before `key`. */
  lowerBound(key: Buffer): Position {
    return this.partition(key, 0, key.length, false, false);
  }

  /** The position before the first key that comes after `key`. */
  upperBound(key: Buffer): Position {
    return this.partition(key, 0, key.length, true, false);
  }

  /** The position behind the last key that starts with `prefix`, or where such a key would be. */
  prefixEnd(prefix: Buffer): Position {
    return this.partition(prefix, 0, prefix.length, true, true);
  }

  /** The stretch that a query asks for. */
  range(query: ListQuery, reverse: boolean): [from: Position, to: Position] {
    const { prefix, start, end } = query as { prefix?: string; start?: string; end?: string };
    const first = prefix ?? start;
    let from = first === undefined ? 0 : this.lowerBound(Buffer.from(first));
    let to = this.end;
    if (prefix !== undefined) to = this.prefixEnd(Buffer.from(prefix));
    else if (end !== undefined) to = this.lowerBound(Buffer.from(end));
    if (query.after !== undefined) {
      const after = Buffer.from(query.after);
      if (reverse) to = Math.min(to, this.lowerBound(after));
      else from = Math.max(from, this.upperBound(after));
    }
    return [from, to];
  }

  /** Visits slots in order of their keys, or backwards; see {@link SlotSequence.walk}. */
  walk(from: Position, to: Position, backwards: boolean, visit: (slot: number) => boolean): void {
    this.sequence.walk(from, to, backwards, visit);
  }

  private appends(slot: number): boolean {
    const last = this.sequence.chunks.at(-1);
    if (last === undefined) return false;
    const { column } = this;
    const key = column.keyBuffer(slot);
    return this.isLeft(last.slots[last.length - 1]!, key, column.keyStart(slot), column.keyLength(slot), false, false);
  }

  private positionOf(slot: number): Position {
    const { column } = this;
    return this.partition(column.keyBuffer(slot), column.keyStart(slot), column.keyLength(slot), false, false);
  }

  /**
   * Whether a slot's key comes before the probe.
   *
   * @param inclusive or is equal to it
   * @param asPrefix or starts with it
   */
  private isLeft(
    slot: number,
    probe: Buffer,
    start: number,
    length: number,
    inclusive: boolean,
    asPrefix: boolean,
  ): boolean {
    const { column } = this;
    const own = column.keyLength(slot);
    const compared = asPrefix ? Math.min(own, length) : own;
    const order = compareBytes(column.keyBuffer(slot), column.keyStart(slot), compared, probe, start, length);
    return inclusive ? order <= 0 : order < 0;
  }

  /** The position before the first key that is not left of the probe; see {@link isLeft}. */
  private partition(probe: Buffer, start: number, length: number, inclusive: boolean, asPrefix: boolean): Position {
    const { chunks } = this.sequence;
    let low = 0;
    let high = chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.isLeft(chunks[middle]!.slots[0]!, probe, start, length, inclusive, asPrefix)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    if (low === 0) {
      return 0;
    }
    const chunk = chunks[low - 1]!;
    let from = 1;
    let to = chunk.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.isLeft(chunk.slots[middle]!, probe, start, length, inclusive, asPrefix)) {
        from = middle + 1;
      } else {
        to = middle;
      }
    }
    // A chunk's end is where a new key goes, but a key that is there is at the next one's begin.
    return from === chunk.length && low < chunks.length ? positionOf(low, 0) : positionOf(low - 1, from);
  }
}
