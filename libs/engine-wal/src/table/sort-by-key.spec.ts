import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { KeyTexts } from '../testing/key-texts.js';
import { sortByKey } from './sort-by-key.js';

function sorted(keys: readonly string[]): string[] {
  const slots = Uint32Array.from(keys.keys());
  sortByKey(slots, new KeyTexts(keys));
  return [...slots].map((slot) => keys[slot]!);
}

function expectSorted(keys: readonly string[]): void {
  expect(sorted(keys)).toEqual([...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
}

describe('sortByKey', () => {
  it('sorts nothing, one and keys in order', () => {
    expectSorted([]);
    expectSorted(['a']);
    expectSorted(['', 'a', 'a\0', 'a\0\0', 'ab', 'b']);
  });

  it('sorts keys of any length and alphabet, shared prefixes and prefixes of one another included', () => {
    const alphabets = [
      ['a', 'b'],
      ['\0', '\x01', 'a'],
      ['a', 'ý', 'þ', 'ÿ', 'Ā'],
      ['a', '\uD7FF', '\uE000', '\uFFFF', '\u{10000}', '\u{10FFFF}'],
    ];
    const keys = fc.constantFrom(...alphabets).chain((alphabet) =>
      fc.uniqueArray(fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 12, size: 'max' }), {
        maxLength: 400,
        size: 'max',
      }),
    );
    fc.assert(
      fc.property(keys, fc.constantFrom('', 'user:', '\u{10000}\uFFFF'), (rest, prefix) =>
        expectSorted(rest.map((key) => prefix + key)),
      ),
      { numRuns: 300 },
    );
  });

  it('sorts many keys that go on alike for long', () => {
    const long = 'x'.repeat(1000);
    expectSorted(Array.from({ length: 3000 }, (_, i) => long.slice(0, (i * 7) % 1000) + String((i * 7919) % 10_007)));
    expectSorted(Array.from({ length: 10_000 }, (_, i) => String.fromCodePoint(0x20 + ((i * 7919) % 10_000) * 100)));
    expectSorted(Array.from({ length: 300 }, (_, i) => 'y'.repeat(((i * 7) % 300) + 1)));
  });

  it.each([
    ['spread', (i: number) => i],
    ['crowded in a few places', (i: number) => (i % 9 === 0 ? i : 50_000_000 + i)],
  ])('sorts more keys than are sorted at one go, %s', (_, numberOf) => {
    const keys = Array.from(
      { length: 150_001 },
      (__, i) => `key:${String(numberOf((i * 7919) % 150_001)).padStart(8, '0')}`,
    );
    const expected = [...keys].sort();
    expect(sorted(keys).findIndex((key, i) => key !== expected[i])).toBe(-1);
  });
});
