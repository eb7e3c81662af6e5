/** Slots in one chunk. Larger chunks cost more at each insertion, smaller ones more memory and longer searches. */
export const CHUNK_SLOTS = 256;
/** Below this a chunk looks for a neighbour to join. */
const SPARSE = CHUNK_SLOTS / 4;
/** What two joined chunks may hold at most, so that the next insertions don't split them again. */
const JOINED_MAX = (CHUNK_SLOTS * 3) / 4;
/** A chunk's slots and, about, the objects around them. */
const CHUNK_BYTES = CHUNK_SLOTS * 4 + 400;

/** What one chunk number takes in a position; more than {@link CHUNK_SLOTS}, so a chunk's end is a position as well. */
const POSITIONS = 1024;

/** A stretch of the sequence. */
export interface SlotChunk {
  readonly slots: Uint32Array;
  /** How many of `slots` count, 1 or more. */
  length: number;
  /** Sum of the slots' weights. */
  weight: number;
}

/**
 * A place in a sequence, before the slot of that place: greater further on. Good until the next insertion or removal.
 * A chunk's end and the next one's begin are the same place under two numbers.
 */
export type Position = number;

/** The position before the slot at `offset` of chunk `chunk`. */
export function positionOf(chunk: number, offset: number): Position {
  return chunk * POSITIONS + offset;
}

/**
 * A long sequence of slot numbers in an order that its owner keeps, in chunks: inserting and removing move at most one
 * chunk's slots. The owner searches (`chunks` is for that) and says where.
 */
export class SlotSequence {
  private readonly parts: SlotChunk[] = [];
  private slotCount = 0;

  /** @param weigh a slot's weight, which may not change while it is in the sequence. */
  constructor(private readonly weigh: (slot: number) => number = () => 0) {}

  /** All chunks in order; none is empty. */
  get chunks(): readonly SlotChunk[] {
    return this.parts;
  }

  /** Slots held. */
  get length(): number {
    return this.slotCount;
  }

  /** The position behind the last slot. */
  get end(): Position {
    const last = this.parts.length - 1;
    return last < 0 ? 0 : positionOf(last, this.parts[last]!.length);
  }

  /** Bytes of all chunks. */
  get memoryBytes(): number {
    return this.parts.length * CHUNK_BYTES;
  }

  /** Fills a sequence that is empty with slots in their order: full chunks but for the last. */
  fill(slots: Uint32Array): void {
    for (let from = 0; from < slots.length; from += CHUNK_SLOTS) {
      const part = slots.subarray(from, from + CHUNK_SLOTS);
      const chunk = newChunk();
      chunk.slots.set(part);
      chunk.length = part.length;
      for (const slot of part) chunk.weight += this.weigh(slot);
      this.parts.push(chunk);
    }
    this.slotCount = slots.length;
  }

  /** Inserts a slot at a position. */
  insert(position: Position, slot: number): void {
    let number = Math.trunc(position / POSITIONS);
    let offset = position % POSITIONS;
    let chunk = this.parts[number];
    if (chunk === undefined) {
      chunk = newChunk();
      this.parts.push(chunk);
    } else if (chunk.length === CHUNK_SLOTS) {
      if (offset === CHUNK_SLOTS && number === this.parts.length - 1) {
        // Slots that come in order leave full chunks behind, not halves.
        chunk = newChunk();
        this.parts.push(chunk);
        offset = 0;
      } else {
        this.split(number);
        if (offset > chunk.length) {
          offset -= chunk.length;
          number++;
          chunk = this.parts[number]!;
        }
      }
    }
    chunk.slots.copyWithin(offset + 1, offset, chunk.length);
    chunk.slots[offset] = slot;
    chunk.length++;
    chunk.weight += this.weigh(slot);
    this.slotCount++;
  }

  /** Removes the slot behind a position. */
  remove(position: Position): void {
    const number = Math.trunc(position / POSITIONS);
    const offset = position % POSITIONS;
    const chunk = this.parts[number]!;
    chunk.weight -= this.weigh(chunk.slots[offset]!);
    chunk.slots.copyWithin(offset, offset + 1, chunk.length);
    chunk.length--;
    this.slotCount--;
    if (chunk.length < SPARSE) this.join(number);
  }

  /** Removes and gives the first `count` slots of the first chunk, or all of it when it has no more. */
  removeFirst(count: number): Uint32Array {
    const chunk = this.parts[0];
    if (chunk === undefined) {
      return new Uint32Array(0);
    }
    const removed = chunk.slots.slice(0, Math.min(count, chunk.length));
    for (const slot of removed) {
      chunk.weight -= this.weigh(slot);
    }
    chunk.slots.copyWithin(0, removed.length, chunk.length);
    chunk.length -= removed.length;
    this.slotCount -= removed.length;
    if (chunk.length < SPARSE) this.join(0);
    return removed;
  }

  /**
   * Visits the slots from one position to another, in order or backwards, until `visit` says false. Nothing may be
   * inserted or removed meanwhile.
   */
  walk(from: Position, to: Position, backwards: boolean, visit: (slot: number) => boolean): void {
    if (from >= to) {
      return;
    }
    const firstChunk = Math.trunc(from / POSITIONS);
    const lastChunk = Math.min(Math.trunc(to / POSITIONS), this.parts.length - 1);
    const step = backwards ? -1 : 1;
    for (let i = backwards ? lastChunk : firstChunk; i >= firstChunk && i <= lastChunk; i += step) {
      const { slots, length } = this.parts[i]!;
      const low = i === firstChunk ? from % POSITIONS : 0;
      const high = i === Math.trunc(to / POSITIONS) ? to % POSITIONS : length;
      for (let at = backwards ? high - 1 : low; at >= low && at < high; at += step) {
        if (!visit(slots[at]!)) {
          return;
        }
      }
    }
  }

  /** Moves the upper half of a full chunk to a new one behind it. */
  private split(number: number): void {
    const chunk = this.parts[number]!;
    const half = CHUNK_SLOTS / 2;
    const upper = newChunk();
    upper.slots.set(chunk.slots.subarray(half));
    upper.length = CHUNK_SLOTS - half;
    for (let i = 0; i < upper.length; i++) {
      upper.weight += this.weigh(upper.slots[i]!);
    }
    chunk.length = half;
    chunk.weight -= upper.weight;
    this.parts.splice(number + 1, 0, upper);
  }

  /** Drops a chunk that is empty, or joins it with the next or the one before where both fit into one. */
  private join(number: number): void {
    const { parts } = this;
    if (parts[number]!.length === 0) {
      parts.splice(number, 1);
    } else if (!this.joinWithNext(number) && number > 0) {
      this.joinWithNext(number - 1);
    }
  }

  private joinWithNext(number: number): boolean {
    const chunk = this.parts[number]!;
    const next = this.parts[number + 1];
    if (next === undefined || chunk.length + next.length > JOINED_MAX) {
      return false;
    }
    chunk.slots.set(next.slots.subarray(0, next.length), chunk.length);
    chunk.length += next.length;
    chunk.weight += next.weight;
    this.parts.splice(number + 1, 1);
    return true;
  }
}

function newChunk(): SlotChunk {
  return { slots: new Uint32Array(CHUNK_SLOTS), length: 0, weight: 0 };
}
