import { deleteLine, encoded, sealLine, setLine } from './log-builder.js';

/** Offset at which each part starts, and that of the end. */
export function offsetsOf(parts: readonly Buffer[]): number[] {
  const offsets = [0];
  for (const part of parts) offsets.push(offsets.at(-1)! + part.length);
  return offsets;
}

/** Two runs: a clean stop, then groups of one and of several lines; the last group holds a transaction. */
export const PLAIN: readonly Buffer[] = [
  setLine(1, 1),
  setLine(2, 2, [1, 2]),
  deleteLine(3, 2, [2, 2]),
  sealLine(3),
  setLine(4, 4, undefined, '{"op":"set","key":"k","value":{"crc":"00000000"}}'),
  setLine(5, 4),
  setLine(6, 6),
  setLine(7, 6, [1, 3]),
  deleteLine(8, 6, [2, 3]),
  setLine(9, 6, [3, 3]),
];
/** Which part begins the last group. */
export const PLAIN_LAST_GROUP = 6;
/** How many parts stay when part i is the first that is damaged or missing: back to the start of its transaction. */
export const PLAIN_KEPT = [0, 1, 1, 3, 4, 5, 6, 7, 7, 7];

/** A compacted part with its seal, and groups behind it. */
export const COMPACTED: readonly Buffer[] = [
  setLine(11, 0),
  encoded((e) => e.encodeSet('older', '[]', Infinity, 1_700_000_000_000, 1_600_000_000_000, 3, 0)),
  setLine(7, 0),
  sealLine(12, 3),
  setLine(13, 13),
  setLine(14, 14),
  setLine(15, 14),
];
/** Which part begins the last group. */
export const COMPACTED_LAST_GROUP = 5;

/** What a byte is changed by: each bit alone, and all of them. */
export const MASKS = [1, 2, 4, 8, 16, 32, 64, 128, 255];
