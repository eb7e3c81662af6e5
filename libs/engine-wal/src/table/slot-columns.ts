import type { Entry, JsonText } from '@kvasir/kv-core';

/** Slots in one block of columns, as a power of two: a new block costs {@link BLOCK_BYTES} and no copy of what is there. */
const BLOCK_BITS = 14;
/** Slots in one block of columns. */
export const BLOCK_SLOTS = 1 << BLOCK_BITS;
const OFFSET_MASK = BLOCK_SLOTS - 1;

/** Bytes of one slot without its strings: two references, four doubles and a 32-bit length. */
export const SLOT_BYTES = 2 * 8 + 4 * 8 + 4;
/** Bytes of one block; the arrays' own headers (under 2 KiB) don't count. */
const BLOCK_BYTES = BLOCK_SLOTS * SLOT_BYTES;

/** `freeHead` of a block without a free slot below `used`. */
const NO_FREE_SLOT = -1;
/** What a free slot has in place of a value. */
export const NO_VALUE = '' as JsonText;

/** Copied for each new block, which takes a tenth of the time of filling an array and leaves no holes in it. */
const EMPTY_STRINGS: readonly string[] = Array.from({ length: BLOCK_SLOTS }, () => '');

/** The columns of {@link BLOCK_SLOTS} slots. */
class Block {
  /** Slots that hold an entry. */
  live = 0;
  /** Offsets from here on were never used. */
  used = 0;
  /** First freed offset; the others follow through `revisions` (see {@link SlotColumns.release}). */
  freeHead = NO_FREE_SLOT;
  readonly keys = EMPTY_STRINGS.slice();
  readonly values = EMPTY_STRINGS.slice() as JsonText[];
  readonly revisions = new Float64Array(BLOCK_SLOTS);
  readonly created = new Float64Array(BLOCK_SLOTS);
  readonly updated = new Float64Array(BLOCK_SLOTS);
  readonly expires = new Float64Array(BLOCK_SLOTS);
  readonly valueBytes = new Uint32Array(BLOCK_SLOTS);
}

/**
 * Bytes that V8 takes for a flat string: a 16-byte header and one or two bytes a UTF-16 unit, in steps of 8. Text that is not
 * all ASCII (its UTF-8 has more bytes than it has units) counts as two bytes a unit, which is too much for Latin-1.
 */
export function stringMemory(text: string, utf8Bytes: number): number {
  const units = text.length;
  return (16 + (utf8Bytes === units ? units : 2 * units) + 7) & ~7;
}

/**
 * Entries by slot number, in columns: one array a field, cut into blocks. Columns cost far fewer heap objects than an object
 * an entry, so the garbage collector has little to visit, and a store that grows never copies what it holds.
 *
 * A slot keeps its number while its entry lives; a freed number is used again. A block without entries is given back.
 * Keys and values must be flat strings: one cut out of a larger text keeps all of that alive, and is counted for itself alone.
 */
export class SlotColumns {
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
  private stringByteCount = 0;

  /** Entries held. */
  get size(): number {
    return this.entryCount;
  }

  /** Sum of the UTF-8 bytes of all keys. */
  get keyBytes(): number {
    return this.keyByteCount;
  }

  /** What the strings of all keys and values take; see {@link stringMemory}. */
  get stringBytes(): number {
    return this.stringByteCount;
  }

  /** Sum of the UTF-8 bytes of all values. */
  get valueBytes(): number {
    return this.valueByteCount;
  }

  /** Every slot number is below this. */
  get slotEnd(): number {
    return this.blocks.length << BLOCK_BITS;
  }

  /** Bytes of all blocks and strings; see {@link stringMemory} for the strings' share. */
  get memoryBytes(): number {
    return (this.blocks.length - this.vacantBlocks.length) * BLOCK_BYTES + this.stringByteCount;
  }

  /** The key in a slot that holds an entry. */
  keyAt(slot: number): string {
    return this.blocks[slot >>> BLOCK_BITS]!.keys[slot & OFFSET_MASK]!;
  }

  /** The value in a slot that holds an entry. */
  valueAt(slot: number): JsonText {
    return this.blocks[slot >>> BLOCK_BITS]!.values[slot & OFFSET_MASK]!;
  }

  /** UTF-8 bytes of the value in a slot that holds an entry. */
  valueBytesAt(slot: number): number {
    return this.blocks[slot >>> BLOCK_BITS]!.valueBytes[slot & OFFSET_MASK]!;
  }

  /** Revision of the entry in a slot that holds one. */
  revisionAt(slot: number): number {
    return this.blocks[slot >>> BLOCK_BITS]!.revisions[slot & OFFSET_MASK]!;
  }

  /** Expiry of the entry in a slot that holds one, in milliseconds since the Unix epoch, or `Infinity`. */
  expiresAt(slot: number): number {
    return this.blocks[slot >>> BLOCK_BITS]!.expires[slot & OFFSET_MASK]!;
  }

  /** When the entry in a slot that holds one came into being, in milliseconds since the Unix epoch. */
  createdAt(slot: number): number {
    return this.blocks[slot >>> BLOCK_BITS]!.created[slot & OFFSET_MASK]!;
  }

  /** All fields of a slot that holds an entry, in an object of their own. */
  read(slot: number): Entry {
    const block = this.blocks[slot >>> BLOCK_BITS]!;
    const at = slot & OFFSET_MASK;
    return {
      key: block.keys[at]!,
      value: block.values[at]!,
      revision: block.revisions[at]!,
      createdAt: block.created[at]!,
      updatedAt: block.updated[at]!,
      expiresAt: block.expires[at]!,
    };
  }

  /** Whether a slot number holds an entry now. */
  holds(slot: number): boolean {
    const block = this.blocks[slot >>> BLOCK_BITS];
    const at = slot & OFFSET_MASK;
    return block !== undefined && at < block.used && block.revisions[at]! >= 0;
  }

  /** Puts an entry into a free slot and gives its number. The caller has seen to it that no other slot holds the key. */
  allocate(entry: Entry): number {
    const block = this.blockWithRoom();
    let at = block.freeHead;
    if (at === NO_FREE_SLOT) {
      at = block.used++;
    } else {
      block.freeHead = nextFree(block.revisions[at]!);
    }
    block.live++;
    this.entryCount++;
    const { key } = entry;
    block.keys[at] = key;
    const bytes = Buffer.byteLength(key);
    this.keyByteCount += bytes;
    this.stringByteCount += stringMemory(key, bytes);
    this.fill(block, at, entry);
    return (this.current << BLOCK_BITS) | at;
  }

  /** Replaces everything but the key in a slot that holds an entry. */
  overwrite(slot: number, entry: Entry): void {
    const block = this.blocks[slot >>> BLOCK_BITS]!;
    const at = slot & OFFSET_MASK;
    this.forgetValue(block, at);
    this.fill(block, at, entry);
  }

  /**
   * Frees a slot that holds an entry. A free slot's revision is -2 less the next free offset ({@link NO_FREE_SLOT} at the end):
   * below 0, which no entry's revision is, so the chain of free slots needs no column of its own.
   */
  release(slot: number): void {
    const number = slot >>> BLOCK_BITS;
    const block = this.blocks[number]!;
    const at = slot & OFFSET_MASK;
    this.forgetValue(block, at);
    const key = block.keys[at]!;
    const bytes = Buffer.byteLength(key);
    this.keyByteCount -= bytes;
    this.stringByteCount -= stringMemory(key, bytes);
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
    block.keys[at] = '';
    block.values[at] = NO_VALUE;
    block.revisions[at] = -2 - block.freeHead;
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
    this.blocks[number] = new Block();
    return number;
  }

  private fill(block: Block, at: number, entry: Entry): void {
    const { value } = entry;
    const bytes = Buffer.byteLength(value);
    block.values[at] = value;
    block.revisions[at] = entry.revision;
    block.created[at] = entry.createdAt;
    block.updated[at] = entry.updatedAt;
    block.expires[at] = entry.expiresAt;
    block.valueBytes[at] = bytes;
    this.valueByteCount += bytes;
    this.stringByteCount += stringMemory(value, bytes);
  }

  private forgetValue(block: Block, at: number): void {
    const bytes = block.valueBytes[at]!;
    this.valueByteCount -= bytes;
    this.stringByteCount -= stringMemory(block.values[at]!, bytes);
  }
}

/** The next free offset that a free slot's revision stands for. */
function nextFree(revision: number): number {
  return -2 - revision;
}
