import { beforeEach, describe, expect, test } from '@jest/globals';
import { TokenBuckets } from './token-buckets.js';

describe('TokenBuckets', () => {
  let now: number;

  beforeEach(() => {
    now = 1_000;
  });

  function buckets(ratePerSecond: number, burst: number, maxBuckets = 100): TokenBuckets {
    return new TokenBuckets({ ratePerSecond, burst, maxBuckets, now: () => now });
  }

  /** How many of so many requests at once go through. */
  function admitted(table: TokenBuckets, key: string, requests: number): number {
    let count = 0;
    for (let i = 0; i < requests; i++) if (table.take(key) === 0) count++;
    return count;
  }

  test('a new bucket holds the burst', () => {
    expect(admitted(buckets(10, 25), 'a', 100)).toBe(25);
  });

  test('tokens come back at the rate, up to the burst', () => {
    const table = buckets(10, 5);
    admitted(table, 'a', 100);
    now += 99;
    expect(admitted(table, 'a', 100)).toBe(0);
    now += 1;
    expect(admitted(table, 'a', 100)).toBe(1);
    now += 300;
    expect(admitted(table, 'a', 100)).toBe(3);
    now += 3_600_000;
    expect(admitted(table, 'a', 100)).toBe(5);
  });

  test('says how long it is until the next token, and that time is enough', () => {
    const table = buckets(4, 2);
    expect([table.take('a'), table.take('a')]).toEqual([0, 0]);
    expect(table.take('a')).toBeCloseTo(250);
    now += 100;
    const missing = table.take('a');
    expect(missing).toBeCloseTo(150);
    now += missing;
    expect([table.take('a'), table.take('a')]).toEqual([0, expect.closeTo(250)]);
  });

  test('who is refused does not wait longer for it', () => {
    const table = buckets(1, 1);
    admitted(table, 'a', 1000);
    now += 1000;
    expect(table.take('a')).toBe(0);
  });

  test('over a long time the rate is exact, whatever the interval is as a binary fraction', () => {
    const table = buckets(3, 1);
    let count = 0;
    const end = now + 100_000;
    for (; now < end; now += 0.7) count += admitted(table, 'a', 2);
    expect(count).toBeGreaterThanOrEqual(297);
    expect(count).toBeLessThanOrEqual(301);
  });

  test('keys do not share a bucket', () => {
    const table = buckets(1, 2);
    expect(admitted(table, 'a', 10)).toBe(2);
    expect(admitted(table, 'b', 10)).toBe(2);
  });

  test('a flood of keys does not make it grow', () => {
    const table = buckets(1, 1, 100);
    for (let i = 0; i < 10_000; i++) {
      table.take(`flood ${i}`);
      expect(table.size).toBeLessThanOrEqual(100);
    }
  });

  test('a flood of keys does not reset a bucket that is in use', () => {
    const table = buckets(1, 3, 100);
    expect(admitted(table, 'hot', 10)).toBe(3);
    for (let i = 0; i < 10_000; i++) {
      table.take(`flood ${i}`);
      if (i % 40 === 0) expect(table.take('hot')).toBeGreaterThan(0);
    }
  });
});
