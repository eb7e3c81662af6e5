import { describe, expect, it } from '@jest/globals';
import { keyBoundsOf } from './list-query.js';

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
