import { BACKSLASH, QUOTE } from './line-syntax.js';

const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const COLON = 0x3a;
const COMMA = 0x2c;

/**
 * The own text of a member's value in a JSON object, without the white space between its tokens: what `JSON.parse` would round
 * (`12345678901234567890`, `1.10`), reorder or drop (duplicate members) is kept as it was written. Of members with the same name the last counts.
 *
 * @param bytes from `start` to `end` one JSON object that `JSON.parse` takes; white space around it is fine
 * @returns undefined if the object has no such member
 */
export function memberText(bytes: Buffer, start: number, end: number, name: string): string | undefined {
  let at = skipSpace(bytes, start, end) + 1;
  let found: string | undefined;
  for (;;) {
    at = skipSpace(bytes, at, end);
    if (bytes[at] !== QUOTE) return found;
    const nameEnd = stringEnd(bytes, at);
    const matches = JSON.parse(bytes.toString('utf8', at, nameEnd)) === name;
    at = skipSpace(bytes, nameEnd, end);
    // Past the colon.
    const valueStart = skipSpace(bytes, at + 1, end);
    at = valueEnd(bytes, valueStart, end);
    if (matches) found = compactText(bytes, valueStart, at);
    at = skipSpace(bytes, at, end);
    if (bytes[at] !== COMMA) return found;
    at++;
  }
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}

function skipSpace(bytes: Buffer, at: number, end: number): number {
  while (at < end && isSpace(bytes[at])) at++;
  return at;
}

/** Offset behind the string whose opening quote is at `at`. */
function stringEnd(bytes: Buffer, at: number): number {
  at++;
  while (bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at + 1;
}

/** Offset behind the value that starts at `at`. */
function valueEnd(bytes: Buffer, at: number, end: number): number {
  let depth = 0;
  do {
    const byte = bytes[at];
    if (byte === QUOTE) {
      at = stringEnd(bytes, at);
    } else {
      if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
      else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--;
      at++;
      // A number or a literal ends where something else begins.
      if (depth === 0 && byte !== CLOSE_BRACE && byte !== CLOSE_BRACKET) {
        while (at < end && !isDelimiter(bytes[at])) at++;
      }
    }
  } while (depth > 0);
  return at;
}

function isDelimiter(byte: number | undefined): boolean {
  return isSpace(byte) || byte === COMMA || byte === COLON || byte === CLOSE_BRACE || byte === CLOSE_BRACKET;
}

/** The text from `start` to `end` without white space outside strings. */
function compactText(bytes: Buffer, start: number, end: number): string {
  const compact = Buffer.allocUnsafe(end - start);
  let length = 0;
  let at = start;
  while (at < end) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      const next = stringEnd(bytes, at);
      length += bytes.copy(compact, length, at, next);
      at = next;
    } else {
      if (!isSpace(byte)) compact[length++] = byte;
      at++;
    }
  }
  return compact.toString('utf8', 0, length);
}
