import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { KeyInvalidError } from './errors.js';
import { compareKeys, endOfPrefix, MAX_KEY_BYTES, validateKey } from './key.js';

/** The error that a key is refused with, nothing for a good key. */
function problemOf(key: string): unknown {
  try {
    validateKey(key);
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('validateKey', () => {
  it.each([
    ['one character', 'a'],
    ['1,024 bytes of ASCII', 'a'.repeat(1024)],
    ['1,024 bytes of two-byte characters', '\u00e9'.repeat(512)],
    ['1,024 bytes of three-byte characters and one', `a${'\u20ac'.repeat(341)}`],
    ['1,024 bytes of surrogate pairs', '\u{1f600}'.repeat(256)],
    ['a name of JavaScript', '__proto__'],
    ['control characters other than NUL', '\u0001\n\u007f'],
    ['noncharacters', '\uffff\ufffe\u{10ffff}'],
  ])('takes %s', (_what, key) => {
    expect(problemOf(key)).toBeUndefined();
  });

  it.each([
    ['the key is empty', ''],
    ['the key holds a NUL character', '\0'],
    ['the key holds a NUL character', 'a\0b'],
    ['the key holds a lone surrogate, which UTF-8 cannot carry', '\ud800'],
    ['the key holds a lone surrogate, which UTF-8 cannot carry', 'a\udc00b'],
    ['the key holds a lone surrogate, which UTF-8 cannot carry', '\udc00\ud800'],
    ['the key has 1025 bytes', 'a'.repeat(1025)],
    ['the key has 1026 bytes', '\u00e9'.repeat(513)],
    ['the key has 1026 bytes', '\u20ac'.repeat(342)],
    ['the key has 1028 bytes', '\u{1f600}'.repeat(257)],
  ])('refuses with "%s"', (problem, key) => {
    const error = problemOf(key);
    expect(error).toBeInstanceOf(KeyInvalidError);
    expect(error).toMatchObject({
      code: 'KEY_INVALID',
      message: `${problem}; a key is 1 to 1024 bytes of UTF-8, any character but NUL`,
    });
  });

  it('takes exactly the strings that UTF-8 can carry in 1 to 1,024 bytes without NUL', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.string({ unit: fc.constantFrom('\0', 'a', '\ud800', '\udc00', '\u{1f600}'), maxLength: 6 }),
      fc
        .record({
          unit: fc.constantFrom('a', '\u00e9', '\u20ac', '\u{1f600}'),
          bytes: fc.integer({ min: 1015, max: 1035 }),
        })
        .map(({ unit, bytes }) => unit.repeat(Math.round(bytes / Buffer.byteLength(unit)))),
    );
    fc.assert(
      fc.property(text, (key) => {
        const bytes = Buffer.from(key, 'utf8');
        const good =
          bytes.toString('utf8') === key && !bytes.includes(0) && bytes.length >= 1 && bytes.length <= MAX_KEY_BYTES;
        expect(problemOf(key) === undefined).toBe(good);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('compareKeys', () => {
  it('orders keys as the bytes of their UTF-8', () => {
    const unit = fc.constantFrom(
      'a',
      'b',
      '\u007f',
      '\u0080',
      '\u07ff',
      '\u0800',
      '\ud7ff',
      '\ue000',
      '\uffff',
      '\u{10000}',
      '\u{1f600}',
      '\u{10ffff}',
    );
    const key = fc.oneof(fc.string({ unit, maxLength: 4 }), fc.string({ unit: 'binary', maxLength: 4 }));
    fc.assert(
      fc.property(key, key, (a, b) => {
        expect(Math.sign(compareKeys(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
      { numRuns: 2000 },
    );
  });

  it('puts what is above U+FFFF behind what is below, as UTF-16 order does not', () => {
    expect(['\uffff', '\u{10000}'].sort()).toEqual(['\u{10000}', '\uffff']);
    expect(compareKeys('\u{10000}', '\uffff')).toBeGreaterThan(0);
    expect(compareKeys('\ue000', '\u{10000}')).toBeLessThan(0);
    expect(compareKeys('\u{10000}', '\u{10001}')).toBeLessThan(0);
    expect(compareKeys('\u{103ff}', '\u{10400}')).toBeLessThan(0);
  });

  it('puts a key before those that begin with it', () => {
    expect(compareKeys('a', 'aa')).toBeLessThan(0);
    expect(compareKeys('aa', 'a')).toBeGreaterThan(0);
    expect(compareKeys('a', 'a')).toBe(0);
  });
});

describe('the end of a prefix', () => {
  const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 4 });

  it.each([
    ['a', 'b'],
    ['a\ud7ff', 'a\ue000'],
    ['a\uffff', 'a\u{10000}'],
    ['a\u{10ffff}', 'b'],
    ['\u{10ffff}', undefined],
    ['', undefined],
  ])('of %j is %j', (prefix, end) => {
    expect(endOfPrefix(prefix)).toBe(end);
  });

  it('comes after every text with the prefix, and before every other text behind it', () => {
    fc.assert(
      fc.property(text, fc.string({ unit: 'binary', maxLength: 3 }), text, (prefix, tail, other) => {
        const end = endOfPrefix(prefix);
        if (end === undefined) return;
        expect(compareKeys(prefix + tail, end)).toBeLessThan(0);
        if (compareKeys(other, prefix) > 0 && !other.startsWith(prefix)) {
          expect(compareKeys(other, end)).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });
});
