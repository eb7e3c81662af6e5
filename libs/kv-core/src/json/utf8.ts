import { isAscii, isUtf8 } from 'node:buffer';
import { JsonReadError } from './json-error.js';

/**
 * Checks that bytes are well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF) without a
 * byte order mark in front.
 *
 * @returns whether all of them are ASCII, so that they can be decoded without looking at them again
 * @throws JsonReadError `encoding`, at the first byte that doesn't belong
 */
export function checkUtf8(bytes: Buffer): boolean {
  if (isAscii(bytes)) return true;
  if (!isUtf8(bytes)) {
    throw new JsonReadError('encoding', illFormedOffset(bytes), 'The text is not UTF-8: ill-formed bytes');
  }
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    throw new JsonReadError('encoding', 0, 'JSON has no byte order mark: found one');
  }
  return false;
}

/** Where the first ill-formed sequence of bytes that are not UTF-8 starts (the Unicode Standard, table 3-7). */
function illFormedOffset(bytes: Buffer): number {
  let at = 0;
  for (let length = 0; at < bytes.length; at += length) {
    length = sequenceLength(bytes, at);
    if (length === 0) break;
  }
  return at;
}

/** The length of the well-formed sequence at an offset, 0 when there is none. */
function sequenceLength(bytes: Buffer, at: number): number {
  const lead = bytes[at] ?? 0;
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  const lowest = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const highest = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  const second = bytes[at + 1] ?? 0;
  if (second < lowest || second > highest) return 0;
  for (let i = 2; i < length; i++) {
    if (((bytes[at + i] ?? 0) & 0xc0) !== 0x80) return 0;
  }
  return length;
}
