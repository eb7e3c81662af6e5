import { ARRAY_BYTES } from './slot-chunk.js';

/** What gets more room than it needs gets so many times that. */
const GROWTH = 1.5;
/** The first text gets room for as many like it as there is room for texts, up to so many bytes: most chunks then need no more, and each buffer given up is work for the garbage collector. */
const MOST_FIRST_BYTES = 4096;

/** Texts in an order that their owner keeps, as UTF-8 side by side in that order: neighbours share lines of the processor's cache. */
export class PackedTexts {
  /** The texts; another buffer after any insertion. */
  bytes: Buffer;
  /** Where each text starts, and, behind the last one, where that ends. */
  private starts: Uint32Array;
  private count = 0;

  /**
   * @param texts so many are expected; more get room when they come.
   * @param bytes so many bytes of them get room at once.
   */
  constructor(texts: number, bytes = 0) {
    this.starts = new Uint32Array(texts + 1);
    this.bytes = Buffer.allocUnsafeSlow(bytes);
  }

  /** Texts held. */
  get length(): number {
    return this.count;
  }

  get memoryBytes(): number {
    return this.bytes.length + this.starts.byteLength + 2 * ARRAY_BYTES;
  }

  /** Where a text starts in `bytes`; with `length`, where the last one ends. */
  startOf(index: number): number {
    return this.starts[index]!;
  }

  /** UTF-8 bytes of a text. */
  lengthOf(index: number): number {
    return this.starts[index + 1]! - this.starts[index]!;
  }

  /** Inserts the text of `length` bytes in `source` from `from` on before the one at `index`. */
  insert(index: number, source: Buffer, from: number, length: number): void {
    this.makeRoom(length);
    const { bytes, starts, count } = this;
    const start = starts[index]!;
    if (index < count) bytes.copyWithin(start + length, start, starts[count]);
    for (let i = 0; i < length; i++) bytes[start + i] = source[from + i]!;
    for (let i = count; i >= index; i--) starts[i + 1] = starts[i]! + length;
    this.count++;
  }

  /** Removes the texts from `index` on. */
  remove(index: number, count: number): void {
    const { bytes, starts } = this;
    const start = starts[index]!;
    const length = starts[index + count]! - start;
    bytes.copyWithin(start, start + length, starts[this.count]);
    for (let i = index + count; i <= this.count; i++) starts[i - count] = starts[i]! - length;
    this.count -= count;
  }

  /** Moves the texts from `index` on to packed texts of their own. */
  split(index: number): PackedTexts {
    const { bytes, starts, count } = this;
    const from = starts[index]!;
    const length = starts[count]! - from;
    const upper = new PackedTexts(starts.length - 1, Math.ceil(length * GROWTH));
    bytes.copy(upper.bytes, 0, from, from + length);
    for (let i = index; i <= count; i++) upper.starts[i - index] = starts[i]! - from;
    upper.count = count - index;
    this.count = index;
    return upper;
  }

  /** Takes the texts of another one behind those there are. */
  append(other: PackedTexts): void {
    for (let i = 0; i < other.count; i++) this.insert(this.count, other.bytes, other.startOf(i), other.lengthOf(i));
  }

  private makeRoom(length: number): void {
    const { count } = this;
    if (count + 2 > this.starts.length) {
      const starts = new Uint32Array(Math.ceil(this.starts.length * GROWTH) + 1);
      starts.set(this.starts);
      this.starts = starts;
    }
    const end = this.starts[count]!;
    const needed = end + length;
    if (needed > this.bytes.length) {
      const likely = count === 0 ? Math.min(length * (this.starts.length - 1), MOST_FIRST_BYTES) : 0;
      const bytes = Buffer.allocUnsafeSlow(Math.max(likely, Math.ceil(needed * GROWTH)));
      this.bytes.copy(bytes, 0, 0, end);
      this.bytes = bytes;
    }
  }
}
