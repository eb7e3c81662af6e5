import { randomInt } from 'node:crypto';
import type { KeyColumn } from './key-column.js';

/** What {@link KeyIndex.find} gives for a key that is not there. */
export const NO_SLOT = -1;

/** Segments, as a power of two: the table grows a 1024th at a time, at 5,000,000 keys by some 5,000 moves. */
const SEGMENT_BITS = 10;
const SEGMENTS = 1 << SEGMENT_BITS;
const SEGMENT_SHIFT = 32 - SEGMENT_BITS;
/** Places in the smallest segment that holds anything. */
const MIN_PLACES = 8;
/** A key has at most 1,024 bytes; a longer one starts over in the coefficients. */
const COEFFICIENTS = 1024;
const COEFFICIENT_MASK = COEFFICIENTS - 1;

const EMPTY_SEGMENT = new Int32Array(0);

/**
 * Key → slot: a hash table with open addressing over typed arrays, for as many keys as memory holds (a `Map` ends at 2^24).
 * It is cut into segments by the upper bits of the hash and each grows by itself, so no insertion ever moves the whole table.
 *
 * A place is two 32-bit numbers, the key's hash and its slot + 1 (0: the place is empty); collisions go on to the next place.
 * The hash is multilinear with random coefficients (Lemire and Kaser, "Strongly universal string hashing is fast"), so a
 * client can't choose keys that collide without knowing them. Who looks for a key often adds it next, so hashing is a call of its own.
 */
export class KeyIndex {
  private readonly segments: Int32Array[] = Array.from({ length: SEGMENTS }, () => EMPTY_SEGMENT);
  private readonly counts = new Uint32Array(SEGMENTS);
  private readonly coefficients = new Int32Array(COEFFICIENTS + 2);
  private tableBytes = 0;
  /** What {@link KeyIndex.fetch} has read; kept so that no compiler leaves the reading out. */
  protected fetched = 0;

  /**
   * @param column where the slots' keys are.
   * @param seed chooses the hash; only tests give one.
   */
  constructor(
    private readonly column: KeyColumn,
    seed: number = randomInt(2 ** 32),
  ) {
    let state = seed | 0;
    for (let i = 0; i < this.coefficients.length; i++) {
      state = (state + 0x9e3779b9) | 0;
      this.coefficients[i] = mix(state);
    }
  }

  /** Bytes of all segments. */
  get memoryBytes(): number {
    return this.tableBytes;
  }

  /** The hash of a key: `length` bytes of UTF-8 in `bytes` from `start` on. */
  hash(bytes: Buffer, start: number, length: number): number {
    const { coefficients } = this;
    let sum = Math.imul(length, coefficients[COEFFICIENTS]!) + coefficients[COEFFICIENTS + 1]!;
    for (let i = 0; i < length; i++) {
      sum = (sum + Math.imul(bytes[start + i]!, coefficients[i & COEFFICIENT_MASK]!)) | 0;
    }
    return mix(sum);
  }

  /** Reads the places where keys of some hashes are or would be, so that they are in the processor's cache soon after: it goes for many at a time, as none depends on another. */
  fetch(hashes: Int32Array, count: number): void {
    let seen = 0;
    for (let i = 0; i < count; i++) {
      const hash = hashes[i]!;
      const segment = this.segments[hash >>> SEGMENT_SHIFT]!;
      if (segment.length > 0) seen ^= segment[(hash << 1) & (segment.length - 1)]!;
    }
    this.fetched = seen;
  }

  /** The slot of the key in `bytes`, which has this hash, or {@link NO_SLOT}. */
  find(hash: number, bytes: Buffer, start: number, length: number): number {
    const segment = this.segments[hash >>> SEGMENT_SHIFT]!;
    if (segment.length === 0) {
      return NO_SLOT;
    }
    const mask = segment.length - 1;
    let place = (hash << 1) & mask;
    for (;;) {
      const slot = segment[place + 1]! - 1;
      if (slot === NO_SLOT) {
        return NO_SLOT;
      }
      if (segment[place] === hash && this.isKeyOf(slot, bytes, start, length)) {
        return slot;
      }
      place = (place + 2) & mask;
    }
  }

  /** Adds the slot of a key that is not there. */
  add(hash: number, slot: number): void {
    const number = hash >>> SEGMENT_SHIFT;
    const count = ++this.counts[number]!;
    let segment = this.segments[number]!;
    const places = segment.length / 2;
    if (count > places * 0.8) {
      segment = this.resize(number, Math.max(MIN_PLACES, places * 2));
    }
    put(segment, hash, slot + 1);
  }

  /** Removes a slot whose key is in the column still. */
  remove(slot: number): void {
    const { column } = this;
    const hash = this.hash(column.keyBuffer(slot), column.keyStart(slot), column.keyLength(slot));
    const number = hash >>> SEGMENT_SHIFT;
    const segment = this.segments[number]!;
    const mask = segment.length - 1;
    let hole = (hash << 1) & mask;
    while (segment[hole + 1] !== slot + 1) {
      hole = (hole + 2) & mask;
    }
    // The places behind move up into the hole, as far as each one's own place allows: no tombstones, so searches stay short.
    for (let place = (hole + 2) & mask; segment[place + 1] !== 0; place = (place + 2) & mask) {
      const own = (segment[place]! << 1) & mask;
      if (((place - own) & mask) >= ((place - hole) & mask)) {
        segment[hole] = segment[place]!;
        segment[hole + 1] = segment[place + 1]!;
        hole = place;
      }
    }
    segment[hole + 1] = 0;
    const count = --this.counts[number]!;
    const places = segment.length / 2;
    if (count === 0) {
      this.replace(number, EMPTY_SEGMENT);
    } else if (places > MIN_PLACES && count < places * 0.2) {
      this.resize(number, places / 2);
    }
  }

  private resize(number: number, places: number): Int32Array {
    const from = this.segments[number]!;
    const to = new Int32Array(places * 2);
    for (let place = 0; place < from.length; place += 2) {
      const occupant = from[place + 1]!;
      if (occupant !== 0) {
        put(to, from[place]!, occupant);
      }
    }
    this.replace(number, to);
    return to;
  }

  private replace(number: number, segment: Int32Array): void {
    this.tableBytes += segment.byteLength - this.segments[number]!.byteLength;
    this.segments[number] = segment;
  }

  private isKeyOf(slot: number, bytes: Buffer, start: number, length: number): boolean {
    const { column } = this;
    if (column.keyLength(slot) !== length) return false;
    const own = column.keyBuffer(slot);
    const ownStart = column.keyStart(slot);
    for (let i = 0; i < length; i++) {
      if (own[ownStart + i] !== bytes[start + i]) return false;
    }
    return true;
  }
}

/** Puts a hash and what stands for its slot into the first empty place of a segment that has one. */
function put(segment: Int32Array, hash: number, occupant: number): void {
  const mask = segment.length - 1;
  let place = (hash << 1) & mask;
  while (segment[place + 1] !== 0) {
    place = (place + 2) & mask;
  }
  segment[place] = hash;
  segment[place + 1] = occupant;
}

/** The last step of MurmurHash3 (`fmix32`): every bit of the input moves every bit of the result. */
function mix(bits: number): number {
  let mixed = bits;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
