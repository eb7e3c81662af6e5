import { crc32 as nativeCrc32 } from 'node:zlib';
import { crc32, crcOfZerosBehind } from './checksum.js';
import { CRC, CRC_MEMBER_BYTES } from './line-syntax.js';

/** Bytes from the end of what a line's checksum guards to the end of the line. */
const TAIL_BYTES = CRC_MEMBER_BYTES + 1;
/** From the first digit of the checksum to the newline. */
const DIGITS_BEFORE_END = 10;
const DIGITS = 8;
/** Lines of more bytes, newline included, are left to the checksum of each: there is a table for each length. */
const LONGEST_LINE = 512;

/** The checksum of a line's end whose checksum member is 0, and of what that guards. */
const ZERO_TAIL = checksumWithTail(0);
/** What each digit of the checksum changes about {@link ZERO_TAIL}: a table by the digit's byte for each place. */
const DIGIT_TABLES = digitTables();
/** For each length of a line what {@link crcOfZerosBehind} gives for it, in four tables by the checksum's bytes; made when the first line of that length comes. */
const shiftTables: (Int32Array | undefined)[] = [];

/**
 * Bytes of the lines that are checked together. Within 11,450 bytes CRC-32 finds any three bits that were turned (Koopman, "32-Bit Cyclic Redundancy Codes for Internet Applications", 2002), over
 * a longer stretch not always; and one long line spoils the check of no more lines than these.
 */
const BLOCK_BYTES = 8192;

/**
 * How many of the lines from `first` on are checked together: those that take at most {@link BLOCK_BYTES}, and at least one.
 *
 * @param start the first line's first byte
 * @param ends where each line's newline is
 */
export function linesOfBlock(start: number, ends: readonly number[], first: number): number {
  let last = first + 1;
  while (last < ends.length && ends[last]! + 1 - start <= BLOCK_BYTES) last++;
  return last - first;
}

/**
 * Whether the checksums of lines of ours are right: what they say the checksum of all these bytes is, is compared with what it is, by native code. That takes a quarter of the time that the checksum of each line does. It finds
 * any damage within 32 bits, any three turned bits in the lines' text, and any other damage but for 1 in 2^32.
 *
 * @param start the first line's first byte
 * @param ends where each line's newline is
 * @param first which of `ends` is the first line's
 * @param count of lines
 * @returns false also when it can't tell, for a line is long, or ends in no checksum: then each line's own says which one is damaged, if any. True says nothing about the form of the lines.
 */
export function checksumsHold(
  bytes: Buffer,
  start: number,
  ends: readonly number[],
  first = 0,
  count = ends.length,
): boolean {
  let sum = 0;
  let lineStart = start;
  for (let line = first; line < first + count; line++) {
    const newline = ends[line]!;
    const length = newline + 1 - lineStart;
    if (length < TAIL_BYTES || length > LONGEST_LINE) return false;
    const shift = (shiftTables[length] ??= shiftTable(length));
    sum =
      shift[sum & 255]! ^
      shift[256 + ((sum >>> 8) & 255)]! ^
      shift[512 + ((sum >>> 16) & 255)]! ^
      shift[768 + (sum >>> 24)]! ^
      ZERO_TAIL;
    const digits = newline - DIGITS_BEFORE_END;
    for (let i = 0; i < DIGITS; i++) sum ^= DIGIT_TABLES[256 * i + bytes[digits + i]!]!;
    lineStart = newline + 1;
  }
  return sum >>> 0 === nativeCrc32(bytes.subarray(start, lineStart));
}

/** The checksum of a line of ours, newline included, whose checksum member says `crc`: the rest of it follows from that. */
function checksumWithTail(crc: number): number {
  const tail = Buffer.concat([CRC, Buffer.from(`${(crc >>> 0).toString(16).padStart(DIGITS, '0')}"}\n`)]);
  return crcOfZerosBehind(crc, TAIL_BYTES) ^ crc32(tail, 0, TAIL_BYTES);
}

function digitTables(): Int32Array {
  const tables = new Int32Array(DIGITS * 256);
  for (let place = 0; place < DIGITS; place++) {
    for (let digit = 0; digit < 16; digit++) {
      const changed = checksumWithTail(digit << (4 * (DIGITS - 1 - place)));
      tables[256 * place + digit.toString(16).charCodeAt(0)] = changed ^ ZERO_TAIL;
    }
  }
  return tables;
}

function shiftTable(length: number): Int32Array {
  const table = new Int32Array(4 * 256);
  for (let bit = 0; bit < 32; bit++) {
    const from = 256 * (bit >>> 3);
    const value = 1 << (bit & 7);
    table[from + value] = crcOfZerosBehind(1 << bit, length);
    // Of two bits set the results are combined.
    for (let lower = 1; lower < value; lower++)
      table[from + value + lower] = table[from + value]! ^ table[from + lower]!;
  }
  return table;
}
