import { compareBytes, type KeyColumn } from './key-column.js';
import { PackedTexts } from './packed-texts.js';
import { CHUNK_SLOTS, SlotChunk } from './slot-chunk.js';

/** UTF-8 bytes of the longest key of which a chunk has a copy: what the copies take is bounded, and longer keys are few or slow in any case. */
export const LONGEST_PACKED_KEY = 64;

/** Keys that are cut out of a text keep all of it alive: it may hold so many times as many, no more. */
const MOST_KEPT_ALIVE = 4;

/** UTF-8 bytes that a chunk keeps of a key of so many. */
function packedLength(length: number): number {
  return length > LONGEST_PACKED_KEY ? 0 : length;
}

/** What a chunk's copy of a key of so many UTF-8 bytes takes, averaged over many: spare room of a quarter included. */
export function packedCost(length: number): number {
  const bytes = packedLength(length);
  return bytes + (bytes >>> 2);
}

/**
 * Slots in the order of their keys, with a copy of the keys side by side: who searches or lists them needs a few lines of memory that
 * lie together, not two or three for each key that lie anywhere.
 *
 * A chunk that was filled at one go has no copies until a listing needs them.
 */
export class KeyChunk extends SlotChunk {
  /** The keys in the slots' order, an empty text for one that is too long; undefined while there are none. */
  private keys: PackedTexts | undefined;

  /** @param column where the slots' keys are. */
  constructor(private readonly column: KeyColumn) {
    super();
  }

  override get memoryBytes(): number {
    return super.memoryBytes + (this.keys?.memoryBytes ?? 0);
  }

  override insert(offset: number, slot: number): void {
    const { column } = this;
    if (this.length === 0) this.keys = new PackedTexts(CHUNK_SLOTS);
    this.keys?.insert(offset, column.keyBuffer(slot), column.keyStart(slot), packedLength(column.keyLength(slot)));
    super.insert(offset, slot);
  }

  override remove(offset: number, count: number): void {
    this.keys?.remove(offset, count);
    super.remove(offset, count);
  }

  override moveUpperHalf(upper: this): void {
    super.moveUpperHalf(upper);
    upper.keys = this.keys?.split(this.length);
  }

  override append(next: this): void {
    if (next.keys === undefined) this.keys = undefined;
    else this.keys?.append(next.keys);
    super.append(next);
  }

  /** The offset of the first key that is not before the probe, `length` bytes of UTF-8 in `probe` from `start` on; the chunk's length if there is none. */
  lowerBound(probe: Buffer, start: number, length: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.isBefore(middle, probe, start, length)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Whether the key at an offset comes before the probe. */
  isBefore(offset: number, probe: Buffer, start: number, length: number): boolean {
    const { keys } = this;
    if (keys !== undefined && keys.lengthOf(offset) > 0) {
      return compareBytes(keys.bytes, keys.startOf(offset), keys.lengthOf(offset), probe, start, length) < 0;
    }
    const { column } = this;
    const slot = this.slots[offset]!;
    const own = column.keyBuffer(slot);
    return compareBytes(own, column.keyStart(slot), column.keyLength(slot), probe, start, length) < 0;
  }

  /** The key at an offset. */
  keyAt(offset: number): string {
    const { keys } = this;
    if (keys !== undefined && keys.lengthOf(offset) > 0) {
      return keys.bytes.toString('utf8', keys.startOf(offset), keys.startOf(offset + 1));
    }
    const { column } = this;
    const slot = this.slots[offset]!;
    const start = column.keyStart(slot);
    return column.keyBuffer(slot).toString('utf8', start, start + column.keyLength(slot));
  }

  /** Appends the keys from offset `low` to `high` to a list. Where all are ASCII each is cut out of one text of them all, which is far faster than decoding each; a long one keeps that text alive. */
  readKeys(low: number, high: number, into: string[]): void {
    this.pack();
    const keys = this.keys!;
    const start = keys.startOf(low);
    const end = keys.startOf(high);
    const text = keys.bytes.toString('utf8', start, end);
    const isAscii = text.length === end - start;
    for (let i = low, from = 0; i < high; i++) {
      const to = keys.startOf(i + 1) - start;
      into.push(isAscii && to > from ? text.slice(from, to) : this.keyAt(i));
      from = to;
    }
  }

  /** The same from `high` to `low`. */
  readKeysBackwards(low: number, high: number, into: string[]): void {
    const keys: string[] = [];
    this.readKeys(low, high, keys);
    for (let i = keys.length - 1; i >= 0; i--) into.push(keys[i]!);
  }

  /** Appends the keys at some offsets, which go up or go down, in the same way; where they are few among others, each is decoded alone. */
  readKeysAt(offsets: readonly number[], into: string[]): void {
    if (offsets.length === 0) return;
    this.pack();
    const low = Math.min(offsets[0]!, offsets.at(-1)!);
    const high = Math.max(offsets[0]!, offsets.at(-1)!) + 1;
    const keys = this.keys!;
    const start = keys.startOf(low);
    const end = keys.startOf(high);
    const text = offsets.length * MOST_KEPT_ALIVE < high - low ? undefined : keys.bytes.toString('utf8', start, end);
    const isAscii = text?.length === end - start;
    for (const offset of offsets) {
      const from = keys.startOf(offset) - start;
      const to = keys.startOf(offset + 1) - start;
      into.push(isAscii && to > from ? text.slice(from, to) : this.keyAt(offset));
    }
  }

  /** Sees to it that the chunk has a copy of its keys. */
  private pack(): void {
    if (this.keys !== undefined) return;
    const { column, slots, length } = this;
    let bytes = 0;
    for (let i = 0; i < length; i++) bytes += packedLength(column.keyLength(slots[i]!));
    const keys = new PackedTexts(CHUNK_SLOTS, bytes);
    for (let i = 0; i < length; i++) {
      const slot = slots[i]!;
      keys.insert(i, column.keyBuffer(slot), column.keyStart(slot), packedLength(column.keyLength(slot)));
    }
    this.keys = keys;
  }
}
