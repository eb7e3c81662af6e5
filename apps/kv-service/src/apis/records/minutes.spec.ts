import { describe, expect, test } from '@jest/globals';
import { trustJsonText } from '@kvasir/kv-core';
import { ttlMsOf } from './minutes.js';

const MINUTE_MS = 60_000;
const text = trustJsonText;

describe('the time to live of a record', () => {
  test('is the default when it is absent or null', () => {
    expect(ttlMsOf({}, 30)).toBe(30 * MINUTE_MS);
    expect(ttlMsOf({ tll: text('null') }, 7)).toBe(7 * MINUTE_MS);
    expect(ttlMsOf({ ttl: text('null') }, 7)).toBe(7 * MINUTE_MS);
  });

  test.each([
    ['1', 1],
    ['"1"', 1],
    ['2.0', 2],
    ['"0002"', 2],
    ['52560000', 52_560_000],
  ])('may be %s, in either spelling', (given, minutes) => {
    expect(ttlMsOf({ tll: text(given) }, 30)).toBe(minutes * MINUTE_MS);
    expect(ttlMsOf({ ttl: text(given) }, 30)).toBe(minutes * MINUTE_MS);
  });

  test.each(['0', '-1', '1.5', '1e400', '52560001', '"0"', '""', '"1.0"', '" 1"', 'true', '[1]', '{}'])(
    'is none for %s',
    (given) => {
      expect(ttlMsOf({ tll: text(given) }, 30)).toBeUndefined();
    },
  );

  test('is none when it is given in both spellings', () => {
    expect(ttlMsOf({ tll: text('1'), ttl: text('1') }, 30)).toBeUndefined();
    expect(ttlMsOf({ tll: text('null'), ttl: text('1') }, 30)).toBeUndefined();
  });
});
