import type { ListQuery, Page } from '@kvasir/kv-core';
import { KeyChunk } from './key-chunk.js';
import { compareBytes, sharedLength, type KeyColumn } from './key-column.js';
import { PackedTexts } from './packed-texts.js';
import { type ChunkObserver, type Position, positionOf, SlotSequence } from './slot-sequence.js';
import { sortByKey } from './sort-by-key.js';

/** Borders that get room at once. */
const FIRST_BORDERS = 8;
const NUL = Buffer.alloc(1);

/**
 * Slots in byte order of their keys: O(log n) to find a key's place, insertion and removal move one chunk's slots at most.
 *
 * It is a B-tree of two levels: chunks of slots with their keys, and above them, side by side, the border in front of each chunk.
 */
export class OrderedIndex implements ChunkObserver {
  private readonly sequence: SlotSequence<KeyChunk>;
  /**
   * For each chunk but the first a text that is after all keys before the chunk and not after its first key: the shortest there was when the
   * chunk came. The first one's means nothing.
   */
  private readonly borders = new PackedTexts(FIRST_BORDERS);

  /** @param column where the slots' keys are. */
  constructor(private readonly column: KeyColumn) {
    this.sequence = new SlotSequence(() => new KeyChunk(column), this);
  }

  /** Slots held. */
  get length(): number {
    return this.sequence.length;
  }

  /** The position behind the last key. */
  get end(): Position {
    return this.sequence.end;
  }

  /** Bytes of the index. Visits every chunk. */
  get memoryBytes(): number {
    return this.sequence.memoryBytes + this.borders.memoryBytes;
  }

  /** Adds a slot whose key is in the column already and in the index not yet. */
  add(slot: number): void {
    this.sequence.insert(this.positionOf(slot), slot);
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
    const { chunks } = this.sequence;
    if (chunks.length === 0) return 0;
    const number = this.chunkOf(key, 0, key.length);
    const offset = chunks[number]!.lowerBound(key, 0, key.length);
    // One place has one number here, so that positions can be compared.
    const isEnd = offset === chunks[number]!.length && number + 1 < chunks.length;
    return isEnd ? positionOf(number + 1, 0) : positionOf(number, offset);
  }

  /** The position before the first key that comes after `key`. */
  upperBound(key: Buffer): Position {
    return this.lowerBound(Buffer.concat([key, NUL]));
  }

  /** The position behind the last key that starts with `prefix`, or where such a key would be. */
  prefixEnd(prefix: Buffer): Position {
    if (prefix.length === 0) return this.end;
    const next = Buffer.from(prefix);
    // No byte of UTF-8 is the greatest there is.
    next[next.length - 1]!++;
    return this.lowerBound(next);
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

  /** Visits the slots from one position to another, in order of their keys or backwards, until `visit` says false. Nothing may be added or removed meanwhile. */
  walk(from: Position, to: Position, backwards: boolean, visit: (slot: number) => boolean): void {
    this.sequence.walk(from, to, backwards, ({ slots }, low, high) => {
      for (let i = low; i < high; i++) {
        if (!visit(slots[backwards ? low + high - 1 - i : i]!)) return false;
      }
      return true;
    });
  }

  /**
   * The first `limit` keys from one position to another, or the last ones backwards.
   *
   * @param isHidden leaves slots out
   */
  keys(
    from: Position,
    to: Position,
    backwards: boolean,
    limit: number,
    isHidden?: (slot: number) => boolean,
  ): Page<string> {
    const items: string[] = [];
    let more = false;
    this.sequence.walk(from, to, backwards, (chunk, low, high) => {
      const room = limit - items.length;
      if (isHidden !== undefined) {
        const offsets = visibleOffsets(chunk, low, high, backwards, room + 1, isHidden);
        more = offsets.length > room;
        if (more) offsets.pop();
        chunk.readKeysAt(offsets, items);
      } else {
        more = high - low > room;
        if (backwards) chunk.readKeysBackwards(more ? high - room : low, high, items);
        else chunk.readKeys(low, more ? low + room : high, items);
      }
      return !more;
    });
    return { items, more };
  }

  added(number: number): void {
    const { column, borders } = this;
    const before = this.sequence.chunks[number - 1];
    if (before === undefined) {
      borders.insert(number, NUL, 0, 0);
      return;
    }
    const slot = this.sequence.chunks[number]!.slots[0]!;
    const shared = sharedLength(column, before.slots[before.length - 1]!, slot);
    borders.insert(number, column.keyBuffer(slot), column.keyStart(slot), shared + 1);
  }

  removed(number: number): void {
    this.borders.remove(number, 1);
  }

  /** The position of a slot whose key is in the column, or where it would have to be. */
  private positionOf(slot: number): Position {
    const { column } = this;
    const key = column.keyBuffer(slot);
    const start = column.keyStart(slot);
    const length = column.keyLength(slot);
    const { chunks, end } = this.sequence;
    // Keys often come in order.
    const last = chunks.at(-1);
    if (last === undefined || last.isBefore(last.length - 1, key, start, length)) return end;
    const number = this.chunkOf(key, start, length);
    return positionOf(number, chunks[number]!.lowerBound(key, start, length));
  }

  /** The number of the chunk that has a key or would have to take it: the last whose border is not after it. */
  private chunkOf(key: Buffer, start: number, length: number): number {
    const { borders } = this;
    let low = 1;
    let high = borders.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = compareBytes(borders.bytes, borders.startOf(middle), borders.lengthOf(middle), key, start, length);
      if (order <= 0) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** The offsets from `low` to `high`, or backwards, of the slots that are not hidden, at most `most`. */
function visibleOffsets(
  { slots }: KeyChunk,
  low: number,
  high: number,
  backwards: boolean,
  most: number,
  isHidden: (slot: number) => boolean,
): number[] {
  const offsets: number[] = [];
  for (let i = low; i < high && offsets.length < most; i++) {
    const offset = backwards ? low + high - 1 - i : i;
    if (!isHidden(slots[offset]!)) offsets.push(offset);
  }
  return offsets;
}
