import { ARRAY_BYTES } from './slot-chunk.js';

/** Slots of one page, as a power of two: 4 KiB of bits. */
const PAGE_BITS = 15;
const PAGE_WORDS = 1 << (PAGE_BITS - 5);
const OFFSET_MASK = (1 << PAGE_BITS) - 1;

/** A set of slot numbers, one bit for each: what asks it of many slots finds the bits in the processor's cache. */
export class SlotSet {
  /** By the upper bits of a slot; where none of a page's slots ever came there is none. */
  private readonly pages: (Uint32Array | undefined)[] = [];
  private count = 0;

  /** Slots held. */
  get size(): number {
    return this.count;
  }

  /** Bytes of the set: an eighth of a byte for each slot number there is at most. Visits every page. */
  get memoryBytes(): number {
    let bytes = 0;
    for (const page of this.pages) if (page !== undefined) bytes += page.byteLength + ARRAY_BYTES;
    return bytes;
  }

  has(slot: number): boolean {
    const page = this.pages[slot >>> PAGE_BITS];
    return page !== undefined && (page[(slot & OFFSET_MASK) >>> 5]! & bitOf(slot)) !== 0;
  }

  /** Adds a slot that may be in it. */
  add(slot: number): void {
    if (this.has(slot)) return;
    const page = (this.pages[slot >>> PAGE_BITS] ??= new Uint32Array(PAGE_WORDS));
    page[(slot & OFFSET_MASK) >>> 5]! |= bitOf(slot);
    this.count++;
  }

  /** Takes a slot out that need not be in it. The last one takes the room of all with it. */
  delete(slot: number): void {
    if (!this.has(slot)) return;
    this.pages[slot >>> PAGE_BITS]![(slot & OFFSET_MASK) >>> 5]! &= ~bitOf(slot);
    if (--this.count === 0) this.pages.length = 0;
  }
}

function bitOf(slot: number): number {
  return 1 << (slot & 31);
}
