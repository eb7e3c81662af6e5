import { compareSlots, type KeyColumn } from './key-column.js';

/** Up to so many slots are sorted by comparing their keys in place. */
const FEW = 24;
/** From so many slots on, a pass first looks which bytes occur: the fewer there are, the more of them fit into a number. */
const WORTH_A_LOOK = 256;
/** A pass goes by so many bytes of each key at most. */
const MOST_BYTES_A_PASS = 12;
/** What a packed number has to stay below. */
const PACKED_RANGE = 2 ** 32;
/** From so many slots on, the numbers are sorted by 11 bits at a time instead of 8: fewer rounds, a table of counts that pays off. */
const MANY = 4096;

/** What the bytes of a pass become: symbols from 1 in the order of the bytes; 0 stands for a key's end. */
interface Alphabet {
  readonly symbols: Uint16Array;
  /** One more than the greatest symbol. */
  readonly radix: number;
}

const ALL_BYTES: Alphabet = { symbols: Uint16Array.from({ length: 256 }, (_, byte) => byte + 1), radix: 257 };

/**
 * Sorts slots by the bytes of their keys, which must all differ. It packs as many of the bytes behind the keys' common prefix as fit (3 to 12) into 32-bit numbers, sorts those by
 * radix, and goes on within each group of equal ones: 1,000,000 random keys of digits take less than a tenth of the time of comparing.
 */
export function sortByKey(slots: Uint32Array, column: KeyColumn): void {
  if (!isSorted(slots, column)) new KeySorter(slots, column).sort(0, slots.length, 0);
}

class KeySorter {
  /** For each slot of the range that is being sorted its symbols, in one number. */
  private readonly packed: Uint32Array;
  private readonly otherSlots: Uint32Array;
  private readonly otherPacked: Uint32Array;
  private readonly counts = new Uint32Array(1 << 11);

  constructor(
    private readonly slots: Uint32Array,
    private readonly column: KeyColumn,
  ) {
    this.packed = new Uint32Array(slots.length);
    this.otherSlots = new Uint32Array(slots.length);
    this.otherPacked = new Uint32Array(slots.length);
  }

  /** Sorts the slots from `from` to `to`, whose keys have their first `depth` bytes in common. */
  sort(from: number, to: number, depth: number): void {
    const { slots, column, packed } = this;
    if (to - from <= FEW) {
      sortFew(slots, from, to, column);
      return;
    }
    const start = endOfCommonPrefix(slots, from, to, column, depth);
    const alphabet = to - from < WORTH_A_LOOK ? ALL_BYTES : alphabetOf(slots, from, to, column, start);
    let width = 0;
    for (let range = alphabet.radix; range <= PACKED_RANGE && width < MOST_BYTES_A_PASS; range *= alphabet.radix) {
      width++;
    }
    let greatest = 0;
    for (let i = from; i < to; i++) {
      const symbols = pack(slots[i]!, column, start, width, alphabet);
      packed[i] = symbols;
      if (symbols > greatest) greatest = symbols;
    }
    this.sortPacked(from, to, greatest);

    for (let group = from, next = from; group < to; group = next) {
      const symbols = packed[group]!;
      do next++;
      while (next < to && packed[next] === symbols);
      if (next - group > 1) this.sort(group, next, start + width);
    }
  }

  /** Sorts a range of slots by their packed numbers: least significant digits first, as many rounds as the greatest needs. */
  private sortPacked(from: number, to: number, greatest: number): void {
    const { counts } = this;
    const bits = to - from < MANY ? 8 : 11;
    const mask = (1 << bits) - 1;
    let slots = this.slots;
    let packed = this.packed;
    let toSlots = this.otherSlots;
    let toPacked = this.otherPacked;
    for (let shift = 0; shift < 32 && greatest >>> shift > 0; shift += bits) {
      counts.fill(0, 0, mask + 1);
      for (let i = from; i < to; i++) counts[(packed[i]! >>> shift) & mask]!++;
      for (let digit = 0, at = from; digit <= mask; digit++) {
        const count = counts[digit]!;
        counts[digit] = at;
        at += count;
      }
      for (let i = from; i < to; i++) {
        const symbols = packed[i]!;
        const at = counts[(symbols >>> shift) & mask]!++;
        toSlots[at] = slots[i]!;
        toPacked[at] = symbols;
      }
      [slots, toSlots, packed, toPacked] = [toSlots, slots, toPacked, packed];
    }
    if (slots === this.slots) return;
    this.slots.set(slots.subarray(from, to), from);
    this.packed.set(packed.subarray(from, to), from);
  }
}

function isSorted(slots: Uint32Array, column: KeyColumn): boolean {
  for (let i = 1; i < slots.length; i++) {
    if (compareSlots(column, slots[i - 1]!, slots[i]!) > 0) return false;
  }
  return true;
}

/** By insertion, which is the fastest for a handful. */
function sortFew(slots: Uint32Array, from: number, to: number, column: KeyColumn): void {
  for (let i = from + 1; i < to; i++) {
    const slot = slots[i]!;
    let at = i;
    for (; at > from && compareSlots(column, slots[at - 1]!, slot) > 0; at--) slots[at] = slots[at - 1]!;
    slots[at] = slot;
  }
}

/** How many bytes all keys of a range have in common, when they share `depth` of them for certain. */
function endOfCommonPrefix(slots: Uint32Array, from: number, to: number, column: KeyColumn, depth: number): number {
  const first = slots[from]!;
  const bytes = column.keyBuffer(first);
  const start = column.keyStart(first);
  let end = column.keyLength(first);
  for (let i = from + 1; i < to && end > depth; i++) {
    const slot = slots[i]!;
    const own = column.keyBuffer(slot);
    const ownStart = column.keyStart(slot);
    const most = Math.min(end, column.keyLength(slot));
    let shared = depth;
    while (shared < most && own[ownStart + shared] === bytes[start + shared]) shared++;
    end = shared;
  }
  return end;
}

/** The bytes that occur in the stretch of the keys that a pass may go by. */
function alphabetOf(slots: Uint32Array, from: number, to: number, column: KeyColumn, start: number): Alphabet {
  const symbols = new Uint16Array(256);
  for (let i = from; i < to; i++) {
    const slot = slots[i]!;
    const bytes = column.keyBuffer(slot);
    const keyStart = column.keyStart(slot);
    const end = keyStart + Math.min(column.keyLength(slot), start + MOST_BYTES_A_PASS);
    for (let at = keyStart + start; at < end; at++) symbols[bytes[at]!] = 1;
  }
  let radix = 1;
  for (let byte = 0; byte < 256; byte++) {
    if (symbols[byte] === 1) symbols[byte] = radix++;
  }
  return { symbols, radix };
}

/** The symbols of some bytes of a slot's key in one number. */
function pack(slot: number, column: KeyColumn, start: number, width: number, { symbols, radix }: Alphabet): number {
  const bytes = column.keyBuffer(slot);
  const keyStart = column.keyStart(slot);
  const keyEnd = keyStart + column.keyLength(slot);
  const end = keyStart + start + width;
  let packed = 0;
  for (let at = keyStart + start; at < end; at++) {
    packed = Math.imul(packed, radix) + (at < keyEnd ? symbols[bytes[at]!]! : 0);
  }
  return packed >>> 0;
}
