import { describe, expect, it } from '@jest/globals';
import { compareKeys } from '@kvasir/kv-core';
import fc from 'fast-check';
import { endOfPrefix, keyBoundsOf } from './list-query.js';

const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 4 });

describe('the end of a prefix', () => {
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

describe('the bounds of a listing', () => {
  it('hold only what limits it', () => {
    expect(keyBoundsOf({ limit: 1 })).toEqual({ operators: [], values: [] });
    expect(keyBoundsOf({ limit: 1, prefix: '' })).toEqual({ operators: [], values: [] });
  });

  it('are those of a prefix or a range, and what comes after', () => {
    expect(keyBoundsOf({ limit: 1, prefix: 'a', after: 'ab' })).toEqual({
      operators: ['>=', '<', '>'],
      values: ['a', 'b', 'ab'],
    });
    expect(keyBoundsOf({ limit: 1, start: 'a', end: 'c', after: 'b', reverse: true })).toEqual({
      operators: ['>=', '<', '<'],
      values: ['a', 'c', 'b'],
    });
  });
});
