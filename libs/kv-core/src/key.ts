import { KeyInvalidError } from './errors.js';

/** The longest key, in bytes of UTF-8 (docs/contracts/README.md "Keys"). */
export const MAX_KEY_BYTES = 1024;

// A UTF-16 unit takes at most 3 bytes of UTF-8 (a surrogate pair takes 4 for two units), so shorter keys need no count.
const UNITS_ALWAYS_WITHIN_LIMIT = Math.floor(MAX_KEY_BYTES / 3);

/**
 * Checks a decoded key: 1 to {@link MAX_KEY_BYTES} bytes of UTF-8, any character but NUL.
 *
 * @throws KeyInvalidError saying which rule the key breaks.
 */
export function validateKey(key: string): void {
  if (key.length === 0) throw new KeyInvalidError('the key is empty');
  if (key.includes('\0')) throw new KeyInvalidError('the key holds a NUL character');
  if (!key.isWellFormed()) throw new KeyInvalidError('the key holds a lone surrogate, which UTF-8 cannot carry');
  if (key.length > UNITS_ALWAYS_WITHIN_LIMIT) {
    const bytes = Buffer.byteLength(key, 'utf8');
    if (bytes > MAX_KEY_BYTES) throw new KeyInvalidError(`the key has ${bytes} bytes`);
  }
}

/**
 * Orders two keys by the bytes of their UTF-8, which is the order of their code points: negative when `a` comes first, positive when `b` does, 0 when they are the same key.
 *
 * JavaScript orders strings by UTF-16 units. The two differ only where a surrogate (the first half of a character above U+FFFF) meets a unit from U+E000 to U+FFFF.
 */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const unitA = a.charCodeAt(i);
    const unitB = b.charCodeAt(i);
    if (unitA !== unitB) return codePointRank(unitA) - codePointRank(unitB);
  }
  return a.length - b.length;
}

// Moves the surrogates behind U+FFFF and closes the gap that they leave.
function codePointRank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

const LAST_CODE_POINT = 0x10ffff;
const LAST_BEFORE_SURROGATES = 0xd7ff;
const FIRST_AFTER_SURROGATES = 0xe000;

/**
 * The first text in byte order of UTF-8 that comes after every text with a prefix: the prefix with its last code point raised by one. Nothing where there is none, as after
 * the last code point alone.
 */
export function endOfPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0)!);
  while (points.at(-1) === LAST_CODE_POINT) points.pop();
  const last = points.pop();
  if (last === undefined) return undefined;
  points.push(last === LAST_BEFORE_SURROGATES ? FIRST_AFTER_SURROGATES : last + 1);
  return points.map((point) => String.fromCodePoint(point)).join('');
}
