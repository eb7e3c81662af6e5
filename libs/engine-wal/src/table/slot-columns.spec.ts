import { describe, expect, it } from '@jest/globals';
import { NEVER, trustJsonText, type Entry } from '@kvasir/kv-core';
import { BLOCK_SLOTS, SlotColumns } from './slot-columns.js';

function entry(key: string, value = '1', revision = 1): Entry {
  return { key, value: trustJsonText(value), revision, createdAt: 10, updatedAt: 20, expiresAt: NEVER };
}

/** Puts an entry into a free slot. */
function allocate(columns: SlotColumns, stored: Entry): number {
  const key = Buffer.from(stored.key);
  const slot = columns.allocate(key, 0, key.length);
  overwrite(columns, slot, stored);
  return slot;
}

function overwrite(columns: SlotColumns, slot: number, stored: Entry): void {
  const value = Buffer.from(`?${stored.value}?`);
  columns.fill(slot, value, 1, value.length - 2, stored);
}

describe('SlotColumns', () => {
  it('gives back what was put into a slot', () => {
    const columns = new SlotColumns();
    const stored: Entry = { ...entry('ключ', '"wörld"', 7), expiresAt: 30 };
    const slot = allocate(columns, stored);
    expect(columns.read(slot)).toEqual(stored);
    expect(columns.keyAt(slot)).toBe('ключ');
    expect(columns.valueAt(slot)).toBe('"wörld"');
    expect(columns.valueBytesAt(slot)).toBe(8);
    expect(columns.revisionAt(slot)).toBe(7);
    expect(columns.expiresAt(slot)).toBe(30);
  });

  it('uses freed slots again, the last one first, and holds none of them meanwhile', () => {
    const columns = new SlotColumns();
    const slots = ['a', 'b', 'c', 'd'].map((key) => allocate(columns, entry(key)));
    columns.release(slots[1]!);
    columns.release(slots[3]!);
    expect(slots.map((slot) => columns.holds(slot))).toEqual([true, false, true, false]);
    expect(allocate(columns, entry('e'))).toBe(slots[3]);
    expect(allocate(columns, entry('f'))).toBe(slots[1]);
    expect(columns.holds(4)).toBe(false);
    expect(allocate(columns, entry('g'))).toBe(4);
    expect(columns.size).toBe(5);
  });

  it('counts bytes and cost through every change back to nothing, large values included', () => {
    const columns = new SlotColumns();
    const slot = allocate(columns, entry('k', '"é"'));
    expect([columns.keyBytes, columns.valueBytes, columns.textCost]).toEqual([1, 4, 1 + 4]);
    overwrite(columns, slot, entry('k', `"${'x'.repeat(100)}"`));
    expect([columns.valueBytes, columns.textCost]).toEqual([102, 1 + 102 + 12]);
    const large = trustJsonText(`"${'x'.repeat(2000)}"`);
    const before = columns.memoryBytes;
    columns.fillLarge(slot, large, entry('k', large, 2));
    expect([columns.valueBytes, columns.textCost]).toEqual([2002, 1 + 40 + 16 + 2008]);
    expect(columns.memoryBytes - before).toBe(40 + 16 + 2008);
    expect(columns.read(slot)).toEqual(entry('k', large, 2));
    columns.release(slot);
    expect([columns.keyBytes, columns.valueBytes, columns.textCost]).toEqual([0, 0, 0]);
    expect(columns.memoryBytes).toBe(before);
  });

  it('gives a block back when its last entry goes, and takes its numbers for a later one', () => {
    const columns = new SlotColumns();
    const slots = Array.from({ length: 2 * BLOCK_SLOTS + 1 }, (_, i) => allocate(columns, entry(`key${i}`)));
    expect(columns.slotEnd).toBe(3 * BLOCK_SLOTS);
    for (const slot of slots.slice(0, BLOCK_SLOTS)) columns.release(slot);
    expect(columns.holds(slots[0]!)).toBe(false);
    const twoBlocks = columns.memoryBytes;

    const again = Array.from({ length: 2 * BLOCK_SLOTS - 1 }, (_, i) => allocate(columns, entry(`new${i}`)));
    expect(new Set([...slots.slice(BLOCK_SLOTS), ...again]).size).toBe(3 * BLOCK_SLOTS);
    expect(columns.slotEnd).toBe(3 * BLOCK_SLOTS);
    expect(columns.memoryBytes).toBeGreaterThan(twoBlocks + BLOCK_SLOTS * 48);
    expect(again.every((slot, i) => columns.keyAt(slot) === `new${i}`)).toBe(true);
  });

  it('finds the only gap of an older block', () => {
    const columns = new SlotColumns();
    for (let i = 0; i < 2 * BLOCK_SLOTS; i++) allocate(columns, entry(`key${i}`));
    columns.release(5);
    expect(allocate(columns, entry('again'))).toBe(5);
  });

  it('fills the gaps of older blocks before it makes a new one', () => {
    const columns = new SlotColumns();
    const slots = Array.from({ length: 2 * BLOCK_SLOTS }, (_, i) => allocate(columns, entry(`key${i}`)));
    const gaps = slots.filter((slot) => slot % 3 === 0);
    for (const slot of gaps) columns.release(slot);
    const filled = gaps.map((slot) => allocate(columns, entry(`again${slot}`)));
    expect(filled.sort((a, b) => a - b)).toEqual(gaps);
    expect(columns.slotEnd).toBe(2 * BLOCK_SLOTS);
  });
});
