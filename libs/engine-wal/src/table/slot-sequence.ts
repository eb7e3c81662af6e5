import { CHUNK_SLOTS, SlotChunk } from './slot-chunk.js';

/** Below this a chunk looks for a neighbour to join. */
const SPARSE = CHUNK_SLOTS / 4;
/** What two joined chunks may hold at most, so that the next insertions don't split them again. */
const JOINED_MAX = (CHUNK_SLOTS * 3) / 4;

/** What one chunk number takes in a position; more than {@link CHUNK_SLOTS}, so a chunk's end is a position as well. */
const POSITIONS = 1024;

/**
 * A place in a sequence, before the slot of that place: greater further on. Good until the next insertion or removal.
 * A chunk's end and the next one's begin are the same place under two numbers.
 */
export type Position = number;

/** The position before the slot at `offset` of chunk `chunk`. */
export function positionOf(chunk: number, offset: number): Position {
  return chunk * POSITIONS + offset;
}

/** Told when a sequence gets or loses a chunk, once that is done and the slot that it was done for is in or out. */
export interface ChunkObserver {
  /** There is a chunk of this number; what had it, and all behind, are one further. */
  added(number: number): void;
  /** There was one; all behind are one nearer. */
  removed(number: number): void;
}

/**
 * A long sequence of slot numbers in an order that its owner keeps, in chunks: inserting and removing move at most one
 * chunk's slots. The owner searches (`chunks` is for that) and says where.
 */
export class SlotSequence<Chunk extends SlotChunk = SlotChunk> {
  private readonly parts: Chunk[] = [];
  private slotCount = 0;

  /** @param newChunk makes an empty chunk. */
  constructor(
    private readonly newChunk: () => Chunk,
    private readonly observer?: ChunkObserver,
  ) {}

  /** All chunks in order; none is empty. */
  get chunks(): readonly Chunk[] {
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

  /** Bytes of all chunks. Visits every chunk. */
  get memoryBytes(): number {
    let bytes = 0;
    for (const chunk of this.parts) bytes += chunk.memoryBytes;
    return bytes;
  }

  /** Fills a sequence that is empty with slots in their order: full chunks but for the last. */
  fill(slots: Uint32Array): void {
    for (let from = 0; from < slots.length; from += CHUNK_SLOTS) {
      const chunk = this.newChunk();
      chunk.fill(slots.subarray(from, from + CHUNK_SLOTS));
      this.parts.push(chunk);
      this.observer?.added(this.parts.length - 1);
    }
    this.slotCount = slots.length;
  }

  /** Inserts a slot at a position. */
  insert(position: Position, slot: number): void {
    let number = Math.trunc(position / POSITIONS);
    let offset = position % POSITIONS;
    let chunk = this.parts[number];
    let added = -1;
    if (chunk === undefined || chunk.length === CHUNK_SLOTS) {
      added = chunk === undefined ? number : number + 1;
      if (chunk === undefined || (offset === CHUNK_SLOTS && added === this.parts.length)) {
        // Slots that come in order leave full chunks behind, not halves.
        chunk = this.newChunk();
        this.parts.push(chunk);
        offset = 0;
      } else {
        const upper = this.newChunk();
        chunk.moveUpperHalf(upper);
        this.parts.splice(added, 0, upper);
        if (offset > chunk.length) {
          offset -= chunk.length;
          number = added;
          chunk = upper;
        }
      }
    }
    chunk.insert(offset, slot);
    this.slotCount++;
    if (added >= 0) this.observer?.added(added);
  }

  /** Removes the slot behind a position. */
  remove(position: Position): void {
    const number = Math.trunc(position / POSITIONS);
    this.removeFrom(number, position % POSITIONS, 1);
  }

  /** Removes and gives the first `count` slots of the first chunk, or all of it when it has no more. */
  removeFirst(count: number): Uint32Array {
    const chunk = this.parts[0];
    if (chunk === undefined) {
      return new Uint32Array(0);
    }
    const removed = chunk.slots.slice(0, Math.min(count, chunk.length));
    this.removeFrom(0, 0, removed.length);
    return removed;
  }

  /**
   * Visits the stretches of chunks from one position to another, in order or backwards, until `visit` says false: the slots of
   * `chunk` from offset `low` to offset `high`. Nothing may be inserted or removed meanwhile.
   */
  walk(
    from: Position,
    to: Position,
    backwards: boolean,
    visit: (chunk: Chunk, low: number, high: number) => boolean,
  ): void {
    if (from >= to) {
      return;
    }
    const firstChunk = Math.trunc(from / POSITIONS);
    const endChunk = Math.trunc(to / POSITIONS);
    const lastChunk = Math.min(endChunk, this.parts.length - 1);
    const step = backwards ? -1 : 1;
    for (let i = backwards ? lastChunk : firstChunk; i >= firstChunk && i <= lastChunk; i += step) {
      const chunk = this.parts[i]!;
      const low = i === firstChunk ? from % POSITIONS : 0;
      const high = i === endChunk ? to % POSITIONS : chunk.length;
      if (low < high && !visit(chunk, low, high)) {
        return;
      }
    }
  }

  private removeFrom(number: number, offset: number, count: number): void {
    const chunk = this.parts[number]!;
    chunk.remove(offset, count);
    this.slotCount -= count;
    if (chunk.length < SPARSE) this.join(number);
  }

  /** Drops a chunk that is empty, or joins it with the next or the one before where both fit into one. */
  private join(number: number): void {
    if (this.parts[number]!.length === 0) {
      this.drop(number);
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
    chunk.append(next);
    this.drop(number + 1);
    return true;
  }

  private drop(number: number): void {
    this.parts.splice(number, 1);
    this.observer?.removed(number);
  }
}
