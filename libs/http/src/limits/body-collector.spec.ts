import { describe, expect, test } from '@jest/globals';
import { BodyBudget, BodyCollector } from './body-collector.js';

const MAX_BYTES = 1_048_576;

describe('BodyCollector', () => {
  test('puts a body together, whatever its pieces are', () => {
    const body = Buffer.from(Array.from({ length: 20_000 }, (_, i) => i % 251));
    for (const length of [1, 7, 4096, 4097, 9999, 20_000]) {
      const collector = new BodyCollector(new BodyBudget(20_000), 20_000);
      let refused = 0;
      for (let at = 0; at < body.length; at += length)
        if (!collector.add(Buffer.from(body.subarray(at, at + length)))) refused++;
      expect(refused).toBe(0);
      expect(collector.size).toBe(body.length);
      expect(collector.finish().equals(body)).toBe(true);
    }
  });

  test('does not copy a body that comes in one piece', () => {
    const piece = Buffer.from('{"value":1}');
    const collector = new BodyCollector(new BodyBudget(0), 10_000);
    collector.add(piece);
    expect(collector.finish()).toBe(piece);
  });

  test('of nothing is empty', () => {
    expect(new BodyCollector(new BodyBudget(0), 10_000).finish()).toHaveLength(0);
  });

  test('holds no more than twice what has come, however small the pieces are', () => {
    const budget = new BodyBudget(200_000);
    const collector = new BodyCollector(budget, MAX_BYTES);
    let taken = 0;
    for (let i = 0; i < 100_000; i++) if (collector.add(Buffer.from([i % 251]))) taken++;
    expect(taken).toBe(100_000);
  });
});

describe('BodyBudget', () => {
  test('is shared by all bodies, and what one gives back another may take', () => {
    const budget = new BodyBudget(100_000);
    const [first, second] = [new BodyCollector(budget, MAX_BYTES), new BodyCollector(budget, MAX_BYTES)];
    expect(first.add(Buffer.alloc(60_000))).toBe(true);
    expect(second.add(Buffer.alloc(60_000))).toBe(false);
    first.release();
    expect(second.add(Buffer.alloc(60_000))).toBe(true);
    second.finish();
    expect(new BodyCollector(budget, MAX_BYTES).add(Buffer.alloc(100_000))).toBe(true);
  });

  test('is not asked for small bodies', () => {
    const collector = new BodyCollector(new BodyBudget(0), 10_000);
    for (const bytes of [1000, 1000, 2096]) expect(collector.add(Buffer.alloc(bytes))).toBe(true);
    expect(collector.add(Buffer.alloc(1))).toBe(false);
  });

  test('is whole again when bodies are given up or finished twice', () => {
    const budget = new BodyBudget(50_000);
    for (let i = 0; i < 10; i++) {
      const collector = new BodyCollector(budget, MAX_BYTES);
      expect(collector.add(Buffer.alloc(10_000))).toBe(true);
      expect(collector.add(Buffer.alloc(10_000))).toBe(true);
      collector.finish();
      collector.release();
    }
  });
});
