import { trustJsonText, type Entry, type EntryState, type JsonText } from '@kvasir/kv-core';
import type { KeyColumn } from './key-column.js';
import { inlineCost, largeCost, TextHeap } from './text-heap.js';

/** Slots in one block of columns, as a power of two: a new block costs {@link BLOCK_BYTES} and no copy of what is there. */
const BLOCK_BITS = 12;
/** Slots in one block of columns. */
export const BLOCK_SLOTS = 1 << BLOCK_BITS;
const OFFSET_MASK = BLOCK_SLOTS - 1;

/** Bytes of one slot without its texts: four doubles, and where key and value start and end. */
export const SLOT_BYTES = 4 * 8 + 2 * 2 * 4;
/** Bytes of one block without its texts; the arrays' own headers (under 2 KiB) don't count. */
const BLOCK_BYTES = BLOCK_SLOTS * SLOT_BYTES;

/** UTF-8 bytes of the largest value that is kept among the others of its block. From here on a string of its own takes less than spare room. */
export const LARGEST_INLINE_VALUE = 512;

/** Keys are never large; this is a small integer, which compares faster than `Infinity`. */
const NO_LIMIT = 2 ** 30;

/** `freeHead` of a block without a free slot below `used`. */
const NO_FREE_SLOT = -1;

/** What a value of so many UTF-16 units and UTF-8 bytes takes; see {@link inlineCost} and {@link largeCost}. */
export function valueCost(units: number, bytes: number): number {
  return bytes > LARGEST_INLINE_VALUE ? largeCost(units, bytes) : inlineCost(bytes);
}

/** What an entry has besides key and value; see `Entry`. */
export interface EntryNumbers {
  readonly revision: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly expiresAt: number;
}

/** Numbers of a slot, and where each of them is. */
const NUMBERS = 4;
const REVISION = 0;
const CREATED = 1;
const UPDATED = 2;
const EXPIRES = 3;

/** The columns of {@link BLOCK_SLOTS} slots. */
class Block {
  /** Slots that hold an entry. */
  live = 0;
  /** Offsets from here on were never used. */
  used = 0;
  /** First freed offset; the others follow through the revisions (see {@link SlotColumns.release}). */
  freeHead = NO_FREE_SLOT;
  readonly keys: TextHeap;
  readonly values: TextHeap;
  /** Four numbers a slot: revision, created, updated, expires. Side by side, as a reader needs all of them, and each place far from the last one costs a cache miss. */
  readonly numbers = new Float64Array(NUMBERS * BLOCK_SLOTS);

  /** @param like a full block, to whose texts those of this one will be similar. */
  constructor(like: Block | undefined) {
    this.keys = new TextHeap(BLOCK_SLOTS, NO_LIMIT, like?.keys);
    this.values = new TextHeap(BLOCK_SLOTS, LARGEST_INLINE_VALUE, like?.values);
  }
}

/**
 * Entries by slot number, in columns: one array a field, cut into blocks; keys and values as UTF-8. The garbage collector has a few objects a block to visit, and a store that
 * grows never copies more than one block's texts.
 *
 * A slot keeps its number while its entry lives; a freed number is used again. A block without entries is given back.
 * A key is put in as bytes; so is a value, unless it is too large for a {@link TextHeap}'s buffer and there as a string already.
 */
export class SlotColumns implements KeyColumn {
  /** By the upper bits of a slot; `undefined` is a block that was given back. */
  private readonly blocks: (Block | undefined)[] = [];
  /** Numbers of the blocks that were given back. */
  private readonly vacantBlocks: number[] = [];
  /** Blocks that have room, the one in `current` aside; may name blocks that were given back since. */
  private readonly roomyBlocks: number[] = [];
  /** The block that new entries go to; -1 before the first. */
  private current = -1;
  private entryCount = 0;
  private keyByteCount = 0;
  private valueByteCount = 0;
  private textCostCount = 0;

  /** Entries held. */
  get size(): number {
    return this.entryCount;
  }

  /** Sum of the UTF-8 bytes of all keys. */
  get keyBytes(): number {
    return this.keyByteCount;
  }

  /** What all keys and values take, by {@link inlineCost} and {@link largeCost}. */
  get textCost(): number {
    return this.textCostCount;
  }

  /** Sum of the UTF-8 bytes of all values. */
  get valueBytes(): number {
    return this.valueByteCount;
  }

  /** Every slot number is below this. */
  get slotEnd(): number {
    return this.blocks.length << BLOCK_BITS;
  }

  /** Bytes of all blocks and their texts. Visits every block. */
  get memoryBytes(): number {
    let bytes = 0;
    for (const block of this.blocks) {
      if (block !== undefined) bytes += BLOCK_BYTES + block.keys.memoryBytes + block.values.memoryBytes;
    }
    return bytes;
  }

  /** The key in a slot that holds an entry. */
  keyAt(slot: number): string {
    return this.blocks[slot >>> BLOCK_BITS]!.keys.textOf(slot & OFFSET_MASK);
  }

  keyBuffer(slot: number): Buffer {
    return this.blocks[slot >>> BLOCK_BITS]!.keys.bytes;
  }

  keyStart(slot: number): number {
    return this.blocks[slot >>> BLOCK_BITS]!.keys.startOf(slot & OFFSET_MASK);
  }

  keyLength(slot: number): number {
    return this.blocks[slot >>> BLOCK_BITS]!.keys.lengthOf(slot & OFFSET_MASK);
  }

  /** The value in a slot that holds an entry. */
  valueAt(slot: number): JsonText {
    return trustJsonText(this.blocks[slot >>> BLOCK_BITS]!.values.textOf(slot & OFFSET_MASK));
  }

  /** UTF-8 bytes of the value in a slot that holds an entry. */
  valueBytesAt(slot: number): number {
    return this.blocks[slot >>> BLOCK_BITS]!.values.lengthOf(slot & OFFSET_MASK);
  }

  /** Revision of the entry in a slot that holds one. */
  revisionAt(slot: number): number {
    return this.blocks[slot >>> BLOCK_BITS]!.numbers[NUMBERS * (slot & OFFSET_MASK) + REVISION]!;
  }

  /** Expiry of the entry in a slot that holds one, in milliseconds since the Unix epoch, or `Infinity`. */
  expiresAt(slot: number): number {
    return this.blocks[slot >>> BLOCK_BITS]!.numbers[NUMBERS * (slot & OFFSET_MASK) + EXPIRES]!;
  }

  /** When the entry in a slot that holds one came into being, in milliseconds since the Unix epoch. */
  createdAt(slot: number): number {
    return this.blocks[slot >>> BLOCK_BITS]!.numbers[NUMBERS * (slot & OFFSET_MASK) + CREATED]!;
  }

  /** What a write has to know of the entry in a slot that holds one. */
  stateAt(slot: number): EntryState {
    const { numbers } = this.blocks[slot >>> BLOCK_BITS]!;
    const at = NUMBERS * (slot & OFFSET_MASK);
    return { revision: numbers[at + REVISION]!, createdAt: numbers[at + CREATED]!, expiresAt: numbers[at + EXPIRES]! };
  }

  /** All fields of a slot that holds an entry, in an object of their own. `key` is the slot's key, where it is known. */
  read(slot: number, key: string = this.keyAt(slot)): Entry {
    const block = this.blocks[slot >>> BLOCK_BITS]!;
    const at = slot & OFFSET_MASK;
    return {
      key,
      value: trustJsonText(block.values.textOf(at)),
      revision: block.numbers[NUMBERS * at + REVISION]!,
      createdAt: block.numbers[NUMBERS * at + CREATED]!,
      updatedAt: block.numbers[NUMBERS * at + UPDATED]!,
      expiresAt: block.numbers[NUMBERS * at + EXPIRES]!,
    };
  }

  /** Whether a slot number holds an entry now. */
  holds(slot: number): boolean {
    const block = this.blocks[slot >>> BLOCK_BITS];
    const at = slot & OFFSET_MASK;
    return block !== undefined && at < block.used && block.numbers[NUMBERS * at + REVISION]! >= 0;
  }

  /** The numbers of all slots that hold an entry, in their order. */
  heldSlots(): Uint32Array {
    const slots = new Uint32Array(this.entryCount);
    let count = 0;
    for (const [number, block] of this.blocks.entries()) {
      if (block === undefined) continue;
      const { numbers, used } = block;
      for (let at = 0; at < used; at++) {
        if (numbers[NUMBERS * at + REVISION]! >= 0) slots[count++] = (number << BLOCK_BITS) | at;
      }
    }
    return slots;
  }

  /** Takes a free slot for the key of `length` bytes in `bytes` from `start` on, and gives its number; {@link fill} must follow. The caller has seen to it that no other slot holds the key. */
  allocate(bytes: Buffer, start: number, length: number): number {
    const block = this.blockWithRoom();
    let at = block.freeHead;
    if (at === NO_FREE_SLOT) {
      at = block.used++;
    } else {
      block.freeHead = nextFree(block.numbers[NUMBERS * at + REVISION]!);
    }
    block.live++;
    this.entryCount++;
    this.keyByteCount += length;
    this.textCostCount += block.keys.put(at, bytes, start, start + length);
    return (this.current << BLOCK_BITS) | at;
  }

  /** Puts everything but the key into a slot, in place of what it holds. The value is `length` bytes in `bytes` from `start` on. */
  fill(slot: number, bytes: Buffer, start: number, length: number, numbers: EntryNumbers): void {
    const block = this.blocks[slot >>> BLOCK_BITS]!;
    const at = slot & OFFSET_MASK;
    this.valueByteCount += length - block.values.lengthOf(at);
    this.textCostCount += block.values.put(at, bytes, start, start + length);
    setNumbers(block, at, numbers);
  }

  /** The same with a value that is a flat string of more than {@link LARGEST_INLINE_VALUE} bytes of UTF-8: one cut out of a larger text would keep all of that alive. */
  fillLarge(slot: number, value: JsonText, numbers: EntryNumbers): void {
    const block = this.blocks[slot >>> BLOCK_BITS]!;
    const at = slot & OFFSET_MASK;
    const bytes = Buffer.byteLength(value);
    this.valueByteCount += bytes - block.values.lengthOf(at);
    this.textCostCount += block.values.putLarge(at, value, bytes);
    setNumbers(block, at, numbers);
  }

  /**
   * Frees a slot that holds an entry. A free slot's revision is -2 less the next free offset ({@link NO_FREE_SLOT} at the end):
   * below 0, which no entry's revision is, so the chain of free slots needs no column of its own.
   */
  release(slot: number): void {
    const number = slot >>> BLOCK_BITS;
    const block = this.blocks[number]!;
    const at = slot & OFFSET_MASK;
    this.keyByteCount -= block.keys.lengthOf(at);
    this.valueByteCount -= block.values.lengthOf(at);
    this.textCostCount += block.keys.clear(at) + block.values.clear(at);
    this.entryCount--;
    block.live--;
    if (number !== this.current) {
      if (block.live === 0) {
        this.blocks[number] = undefined;
        this.vacantBlocks.push(number);
        return;
      }
      if (block.live === BLOCK_SLOTS - 1) {
        this.roomyBlocks.push(number);
      }
    }
    block.numbers[NUMBERS * at + REVISION] = -2 - block.freeHead;
    block.freeHead = at;
  }

  private blockWithRoom(): Block {
    let block = this.blocks[this.current];
    while (block === undefined || block.live === BLOCK_SLOTS) {
      this.current = this.roomyBlocks.pop() ?? this.newBlock();
      block = this.blocks[this.current];
    }
    return block;
  }

  /** Makes a block and gives its number. */
  private newBlock(): number {
    const number = this.vacantBlocks.pop() ?? this.blocks.length;
    this.blocks[number] = new Block(this.blocks[this.current]);
    return number;
  }
}

function setNumbers(block: Block, at: number, { revision, createdAt, updatedAt, expiresAt }: EntryNumbers): void {
  block.numbers[NUMBERS * at + REVISION] = revision;
  block.numbers[NUMBERS * at + CREATED] = createdAt;
  block.numbers[NUMBERS * at + UPDATED] = updatedAt;
  block.numbers[NUMBERS * at + EXPIRES] = expiresAt;
}

/** The next free offset that a free slot's revision stands for. */
function nextFree(revision: number): number {
  return -2 - revision;
}
