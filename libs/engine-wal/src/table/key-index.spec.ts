import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { KeyIndex, NO_SLOT } from './key-index.js';

/** Keys by slot in a plain array. */
function indexOver(keys: string[], seed?: number): KeyIndex {
  return new KeyIndex({ keyAt: (slot) => keys[slot]! }, seed);
}

describe('KeyIndex', () => {
  it('finds nothing in an empty index', () => {
    expect(indexOver([], 1).find('a')).toBe(NO_SLOT);
  });

  it('finds what a Map would through additions and removals', () => {
    const key = fc.oneof(
      fc.constantFrom(
        '',
        'a',
        'a\0',
        '\0',
        '__proto__',
        'constructor',
        '\u{1F600}',
        '\uE000',
        '\uFFFF',
        'x'.repeat(1024),
      ),
      fc.integer({ min: 0, max: 60 }).map((n) => `key${n}`),
    );
    fc.assert(
      fc.property(fc.integer(), fc.array(key, { maxLength: 400 }), (seed, toggled) => {
        const keys: string[] = [];
        const index = indexOver(keys, seed);
        const model = new Map<string, number>();
        for (const each of toggled) {
          const slot = model.get(each);
          expect(index.find(each)).toBe(slot ?? NO_SLOT);
          if (slot === undefined) {
            model.set(each, keys.push(each) - 1);
            index.add(each, keys.length - 1);
          } else {
            index.remove(each, slot);
            model.delete(each);
          }
        }
        for (const [each, slot] of model) expect(index.find(each)).toBe(slot);
      }),
    );
  });

  it('keeps runs of colliding keys whole when one of them goes', () => {
    // With all keys of one segment's few places, most removals move others up, some over the segment's end.
    const keys = Array.from({ length: 40_000 }, (_, i) => `k${i}`);
    const index = indexOver(keys, 42);
    keys.forEach((key, slot) => index.add(key, slot));
    for (let slot = 0; slot < keys.length; slot += 2) index.remove(keys[slot]!, slot);
    expect(keys.every((key, slot) => index.find(key) === (slot % 2 === 0 ? NO_SLOT : slot))).toBe(true);
  });

  it('takes at most 40 bytes a key while it grows, and nothing once all keys are gone', () => {
    const keys = Array.from({ length: 50_000 }, (_, i) => `user:${i}`);
    const index = indexOver(keys, 7);
    keys.forEach((key, slot) => index.add(key, slot));
    expect(index.memoryBytes / keys.length).toBeLessThan(40);
    keys.forEach((key, slot) => index.remove(key, slot));
    expect(index.memoryBytes).toBe(0);
  });

  it('spreads keys that differ in one place only', () => {
    const keys = Array.from(
      { length: 20_000 },
      (_, i) => 'a'.repeat(i % 200) + String.fromCharCode(0x4e00 + Math.floor(i / 200)),
    );
    const index = indexOver(keys, 3);
    keys.forEach((key, slot) => index.add(key, slot));
    expect(keys.every((key, slot) => index.find(key) === slot)).toBe(true);
    expect(index.memoryBytes / keys.length).toBeLessThan(40);
  });
});
