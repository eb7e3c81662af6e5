import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SlotSet } from './slot-set.js';

/** Slots that share words and pages of the set with others, and some that don't. */
const slot = fc.oneof(fc.nat(70), fc.integer({ min: 32_700, max: 32_840 }), fc.nat(10_000_000));

describe('SlotSet', () => {
  it('holds what was added and not deleted since', () => {
    const property = fc.property(fc.array(fc.tuple(fc.boolean(), slot), { maxLength: 300 }), (steps) => {
      const set = new SlotSet();
      const model = new Set<number>();
      for (const [isAdded, each] of steps) {
        if (isAdded) set.add(each);
        else set.delete(each);
        if (isAdded) model.add(each);
        else model.delete(each);
        expect(set.size).toBe(model.size);
        for (const near of [each - 1, each, each + 1, each + 32]) expect(set.has(near)).toBe(model.has(near));
      }
      for (const each of model) expect(set.has(each)).toBe(true);
    });
    fc.assert(property, { numRuns: 200 });
  });

  it('takes a bit for each slot number, and nothing once it is empty', () => {
    const set = new SlotSet();
    expect(set.memoryBytes).toBe(0);
    for (let i = 0; i < 1_000_000; i++) set.add(i);
    expect(set.memoryBytes).toBeGreaterThan(1_000_000 / 8);
    expect(set.memoryBytes).toBeLessThan(1_000_000 / 6);
    for (let i = 0; i < 1_000_000; i++) set.delete(i);
    expect(set.memoryBytes).toBe(0);
    set.add(40_000);
    expect([set.has(40_000), set.has(39_999), set.size]).toEqual([true, false, 1]);
  });
});
