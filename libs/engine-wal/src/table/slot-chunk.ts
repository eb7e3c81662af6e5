/** Slots in one chunk. Larger chunks cost more at each insertion, smaller ones more memory and longer searches. */
export const CHUNK_SLOTS = 256;

/** What a buffer or a typed array takes besides its bytes, about: the view, its `ArrayBuffer`, and what keeps that. */
export const ARRAY_BYTES = 300;
/** A chunk's slots and the objects around them. */
const CHUNK_BYTES = CHUNK_SLOTS * 4 + ARRAY_BYTES + 100;

/** A stretch of a `SlotSequence`. A subclass keeps something else of its slots in step with them. */
export class SlotChunk {
  readonly slots = new Uint32Array(CHUNK_SLOTS);
  /** How many of `slots` count; 1 or more, once it is in a sequence. */
  length = 0;

  get memoryBytes(): number {
    return CHUNK_BYTES;
  }

  /** Fills an empty chunk with up to {@link CHUNK_SLOTS} slots. */
  fill(slots: Uint32Array): void {
    this.slots.set(slots);
    this.length = slots.length;
  }

  /** Inserts a slot before the one at `offset`. There must be room. */
  insert(offset: number, slot: number): void {
    this.slots.copyWithin(offset + 1, offset, this.length);
    this.slots[offset] = slot;
    this.length++;
  }

  /** Removes the slots from `offset` on. */
  remove(offset: number, count: number): void {
    this.slots.copyWithin(offset, offset + count, this.length);
    this.length -= count;
  }

  /** Moves the upper half of a full chunk to an empty one. */
  moveUpperHalf(upper: this): void {
    const half = CHUNK_SLOTS / 2;
    upper.fill(this.slots.subarray(half));
    this.length = half;
  }

  /** Takes what another chunk holds behind what this one does. There must be room. */
  append(next: this): void {
    this.slots.set(next.slots.subarray(0, next.length), this.length);
    this.length += next.length;
  }
}
