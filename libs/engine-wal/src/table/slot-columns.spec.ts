import { describe, expect, it } from '@jest/globals';
import { NEVER, trustJsonText, type Entry } from '@kvasir/kv-core';
import { BLOCK_SLOTS, SlotColumns } from './slot-columns.js';

function entry(key: string, value = '1', revision = 1): Entry {
  return { key, value: trustJsonText(value), revision, createdAt: 10, updatedAt: 20, expiresAt: NEVER };
}

describe('SlotColumns', () => {
  it('gives back what was put into a slot', () => {
    const columns = new SlotColumns();
    const stored: Entry = { ...entry('ключ', '"wörld"', 7), expiresAt: 30 };
    const slot = columns.allocate(stored);
    expect(columns.read(slot)).toEqual(stored);
    expect(columns.keyAt(slot)).toBe('ключ');
    expect(columns.valueAt(slot)).toBe('"wörld"');
    expect(columns.valueBytesAt(slot)).toBe(8);
    expect(columns.revisionAt(slot)).toBe(7);
    expect(columns.expiresAt(slot)).toBe(30);
  });

  it('uses freed slots again, the last one first, and holds none of them meanwhile', () => {
    const columns = new SlotColumns();
    const slots = ['a', 'b', 'c', 'd'].map((key) => columns.allocate(entry(key)));
    columns.release(slots[1]!);
    columns.release(slots[3]!);
    expect(slots.map((slot) => columns.holds(slot))).toEqual([true, false, true, false]);
    expect(columns.allocate(entry('e'))).toBe(slots[3]);
    expect(columns.allocate(entry('f'))).toBe(slots[1]);
    expect(columns.holds(4)).toBe(false);
    expect(columns.allocate(entry('g'))).toBe(4);
    expect(columns.size).toBe(5);
  });

  it('counts value bytes and memory through every change back to nothing', () => {
    const columns = new SlotColumns();
    const block = columns.allocate(entry('k', '"é"'));
    expect(columns.valueBytes).toBe(4);
    const before = columns.memoryBytes;
    columns.overwrite(block, entry('k', `"${'x'.repeat(100)}"`));
    expect(columns.valueBytes).toBe(102);
    expect(columns.memoryBytes - before).toBe(120 - 24);
    columns.release(block);
    expect(columns.valueBytes).toBe(0);
    expect(columns.memoryBytes).toBe(before - 24 - 24);
  });

  it('gives a block back when its last entry goes, and takes its numbers for a later one', () => {
    const columns = new SlotColumns();
    const slots = Array.from({ length: 2 * BLOCK_SLOTS + 1 }, (_, i) => columns.allocate(entry(`key${i}`)));
    expect(columns.slotEnd).toBe(3 * BLOCK_SLOTS);
    for (const slot of slots.slice(0, BLOCK_SLOTS)) columns.release(slot);
    expect(columns.holds(slots[0]!)).toBe(false);
    const twoBlocks = columns.memoryBytes;

    const again = Array.from({ length: 2 * BLOCK_SLOTS - 1 }, (_, i) => columns.allocate(entry(`new${i}`)));
    expect(new Set([...slots.slice(BLOCK_SLOTS), ...again]).size).toBe(3 * BLOCK_SLOTS);
    expect(columns.slotEnd).toBe(3 * BLOCK_SLOTS);
    expect(columns.memoryBytes).toBeGreaterThan(twoBlocks + BLOCK_SLOTS * 52);
    expect(again.every((slot, i) => columns.keyAt(slot) === `new${i}`)).toBe(true);
  });

  it('finds the only gap of an older block', () => {
    const columns = new SlotColumns();
    for (let i = 0; i < 2 * BLOCK_SLOTS; i++) columns.allocate(entry(`key${i}`));
    columns.release(5);
    expect(columns.allocate(entry('again'))).toBe(5);
  });

  it('fills the gaps of older blocks before it makes a new one', () => {
    const columns = new SlotColumns();
    const slots = Array.from({ length: 2 * BLOCK_SLOTS }, (_, i) => columns.allocate(entry(`key${i}`)));
    const gaps = slots.filter((slot) => slot % 3 === 0);
    for (const slot of gaps) columns.release(slot);
    const filled = gaps.map((slot) => columns.allocate(entry(`again${slot}`)));
    expect(filled.sort((a, b) => a - b)).toEqual(gaps);
    expect(columns.slotEnd).toBe(2 * BLOCK_SLOTS);
  });
});
