import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ExpiryQueue } from './expiry-queue.js';

/** A queue over slots whose expiries are given, each with its own number modulo 100 as its size. */
function queueOver(expiries: readonly number[]): ExpiryQueue {
  const queue = new ExpiryQueue({ expiresAt: (slot) => expiries[slot]!, valueBytesAt: (slot) => slot % 100 });
  expiries.forEach((_, slot) => queue.add(slot));
  return queue;
}

describe('ExpiryQueue', () => {
  it('has nothing due while it is empty', () => {
    const queue = queueOver([]);
    expect(queue.nextAt).toBe(Infinity);
    expect(queue.due(1e15)).toEqual({ count: 0, valueBytes: 0 });
    expect(queue.takeDue(1e15, 10)).toEqual([]);
  });

  it('takes an expiry of exactly now for due, and one of a millisecond later not', () => {
    const queue = queueOver([1000, 1001]);
    expect(queue.due(999).count).toBe(0);
    expect(queue.due(1000).count).toBe(1);
    expect(queue.takeDue(1000, 10)).toEqual([0]);
    expect(queue.nextAt).toBe(1001);
  });

  it('names what is due and leaves it, unless there is more than was asked for', () => {
    const expiries = Array.from({ length: 700 }, (_, slot) => 1000 + slot);
    const queue = queueOver(expiries);
    expect(queue.dueSlots(999, 10)).toEqual([]);
    expect(queue.dueSlots(1009, 10)).toEqual(expiries.slice(0, 10).map((_, slot) => slot));
    expect(queue.dueSlots(1010, 10)).toBeUndefined();
    expect(queue.dueSlots(1e9, 700)).toHaveLength(700);
    expect(queue.length).toBe(700);
  });

  it('counts and takes what is due, the earliest first, within the limit', () => {
    const expiry = fc.oneof(fc.nat(20), fc.nat(100_000));
    const property = fc.property(
      fc.array(expiry, { maxLength: 2000, size: 'max' }),
      fc.array(fc.nat(), { maxLength: 300 }),
      fc.nat(110_000),
      fc.nat(900),
      (expiries, removed, now, limit) => {
        const queue = queueOver(expiries);
        const left = new Set(expiries.keys());
        for (const pick of removed) {
          const slot = pick % Math.max(1, expiries.length);
          if (left.delete(slot)) queue.remove(slot);
        }
        const due = [...left]
          .filter((slot) => expiries[slot]! <= now)
          .sort((a, b) => expiries[a]! - expiries[b]! || a - b);
        expect(queue.due(now)).toEqual({
          count: due.length,
          valueBytes: due.reduce((sum, slot) => sum + (slot % 100), 0),
        });
        expect(queue.takeDue(now, limit)).toEqual(due.slice(0, limit));
        expect(queue.takeDue(now, Infinity)).toEqual(due.slice(limit));
        expect(queue.length).toBe(left.size - due.length);
      },
    );
    fc.assert(property, { numRuns: 100 });
  });

  it('holds one place for a slot however often its expiry changes', () => {
    const expiries = [5, 6];
    const queue = queueOver(expiries);
    const before = queue.memoryBytes;
    for (let i = 0; i < 10_000; i++) {
      queue.remove(0);
      expiries[0] = i;
      queue.add(0);
    }
    expect(queue.length).toBe(2);
    expect(queue.memoryBytes).toBe(before);
    expect(queue.takeDue(9999, 10)).toEqual([1, 0]);
  });
});
