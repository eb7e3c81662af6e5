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

  it('has what is due as a set, through all that comes, goes and becomes due', () => {
    const step = fc.record({
      kind: fc.constantFrom('wait', 'look', 'set', 'set', 'remove', 'take'),
      slots: fc.array(fc.nat(600), { maxLength: 300, size: 'max' }),
      time: fc.nat(12),
    });
    const property = fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => {
      const expiries = new Map<number, number>();
      const queue = new ExpiryQueue({ expiresAt: (slot) => expiries.get(slot)!, valueBytesAt: () => 1 });
      const remove = (slot: number): void => {
        if (expiries.has(slot)) queue.remove(slot);
        expiries.delete(slot);
      };
      const expectSet = (now: number): void => {
        const set = queue.dueSet(now);
        const due = [...expiries].filter(([, expiresAt]) => expiresAt <= now).map(([slot]) => slot);
        expect(due.filter((slot) => set?.has(slot) !== true)).toEqual([]);
        expect(set?.size).toBe(due.length);
      };
      let now = 100;
      for (const { kind, slots, time } of steps) {
        if (kind === 'wait') now += time;
        else if (kind === 'look') expectSet(now);
        else if (kind === 'take') for (const slot of queue.takeDue(now, 8 * time)) expiries.delete(slot);
        else slots.forEach(remove);
        if (kind !== 'set') continue;
        for (const slot of new Set(slots)) {
          // Some are due already when they come.
          expiries.set(slot, now + time - 5 + (slot % 10));
          queue.add(slot);
        }
      }
      expectSet(now);
    });
    fc.assert(property, { numRuns: 200 });
  });

  it('has no set of what was due at an earlier time than that of another call, unless it is the same', () => {
    const queue = queueOver([1000, 1001, 1005]);
    expect(queue.dueSet(1004)?.size).toBe(2);
    expect(queue.dueSet(1001)?.size).toBe(2);
    expect(queue.dueSet(1000)).toBeUndefined();
    expect(queue.dueSet(1005)?.size).toBe(3);
  });

  it('lets nobody wait until very many are in the set', () => {
    const expiries = Array.from({ length: 40_000 }, (_, slot) => 1000 + (slot % 3));
    const queue = queueOver(expiries);
    expect(queue.dueSet(999)?.size).toBe(0);
    expect([queue.dueSet(1002), queue.dueSet(1002)]).toEqual([undefined, undefined]);
    let set = queue.dueSet(1002);
    for (let calls = 0; calls < 10; calls++) set ??= queue.dueSet(1002);
    expect(set?.size).toBe(40_000);
    expect(queue.takeDue(1002, Infinity)).toHaveLength(40_000);
    expect(queue.dueSet(1002)?.size).toBe(0);
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
