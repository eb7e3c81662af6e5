import { compareKeys } from '@kvasir/kv-core';
import { compareUnits, hasHighUnits } from './key-order.js';
import { sortByKey } from './sort-by-key.js';
import type { KeyColumn } from './key-index.js';
import { type Position, SlotSequence, positionOf } from './slot-sequence.js';

/** Slots in byte order of their keys: O(log n) to find a key's place, insertion and removal move one chunk's slots at most. */
export class OrderedIndex {
  private readonly sequence: SlotSequence<string>;
  /** Whether any key needs {@link compareKeys}; stays once set, until the index is made anew. */
  private hasHighKeys = false;

  /** @param column where the slots' keys are. */
  constructor(private readonly column: KeyColumn) {
    this.sequence = new SlotSequence((slot) => column.keyAt(slot));
  }

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
    const key = this.column.keyAt(slot);
    const position = this.appends(key) ? this.sequence.end : this.lowerBound(key);
    this.hasHighKeys ||= hasHighUnits(key);
    this.sequence.insert(position, slot);
  }

  /** Fills an index that is empty with slots in any order, which it sorts in place: for very many, faster than one by one. */
  build(slots: Uint32Array): void {
    this.hasHighKeys = slots.some((slot) => hasHighUnits(this.column.keyAt(slot)));
    sortByKey(slots, this.column, this.comparison());
    this.sequence.fill(slots);
  }

  /** Removes a slot whose key is still in the column. */
  remove(slot: number): void {
    this.sequence.remove(this.lowerBound(this.column.keyAt(slot)));
  }

  /** The position before the first key that is not before `key`. */
  lowerBound(key: string): Position {
    const compare = this.comparison();
    return this.partition((other) => compare(other, key) < 0);
  }

  /** The position before the first key that comes after `key`. */
  upperBound(key: string): Position {
    const compare = this.comparison();
    return this.partition((other) => compare(other, key) <= 0);
  }

  /** The position behind the last key that starts with `prefix`, or where such a key would be. */
  prefixEnd(prefix: string): Position {
    const compare = this.comparison();
    return this.partition((other) => compare(other, prefix) < 0 || other.startsWith(prefix));
  }

  /** Visits slots in order of their keys, or backwards; see {@link SlotSequence.walk}. */
  walk(from: Position, to: Position, backwards: boolean, visit: (slot: number) => boolean): void {
    this.sequence.walk(from, to, backwards, visit);
  }

  /** JavaScript's own order where it is right for every key of the index, whatever the other key is. */
  private comparison(): (a: string, b: string) => number {
    return this.hasHighKeys ? compareKeys : compareUnits;
  }

  private appends(key: string): boolean {
    const last = this.sequence.chunks.at(-1);
    return last !== undefined && this.comparison()(this.column.keyAt(last.slots[last.length - 1]!), key) < 0;
  }

  /** The position before the first key that is not `left`; every key before one that is `left` must be so too. */
  private partition(left: (key: string) => boolean): Position {
    const { column } = this;
    const { chunks } = this.sequence;
    let low = 0;
    let high = chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (left(chunks[middle]!.label)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    if (low === 0) {
      return 0;
    }
    const { slots, length } = chunks[low - 1]!;
    let from = 1;
    let to = length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (left(column.keyAt(slots[middle]!))) {
        from = middle + 1;
      } else {
        to = middle;
      }
    }
    // A chunk's end is where a new key goes, but a key that is there is at the next one's begin.
    return from === length && low < chunks.length ? positionOf(low, 0) : positionOf(low - 1, from);
  }
}
