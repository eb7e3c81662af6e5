import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { KeyTexts } from '../testing/key-texts.js';
import { KeyIndex, NO_SLOT } from './key-index.js';

/** An index that takes strings. */
class StringIndex {
  private readonly texts = new KeyTexts();
  private readonly index: KeyIndex;

  constructor(seed: number) {
    this.index = new KeyIndex(this.texts, seed);
  }

  get memoryBytes(): number {
    return this.index.memoryBytes;
  }

  find(key: string): number {
    const bytes = Buffer.from(`<${key}>`);
    return this.index.find(this.index.hash(bytes, 1, bytes.length - 2), bytes, 1, bytes.length - 2);
  }

  /** Adds a key under the next slot, which it gives. */
  add(key: string): number {
    const bytes = Buffer.from(key);
    const slot = this.texts.push(key);
    this.index.add(this.index.hash(bytes, 0, bytes.length), slot);
    return slot;
  }

  remove(slot: number): void {
    this.index.remove(slot);
  }
}

describe('KeyIndex', () => {
  it('finds nothing in an empty index', () => {
    expect(new StringIndex(1).find('a')).toBe(NO_SLOT);
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
        const index = new StringIndex(seed);
        const model = new Map<string, number>();
        for (const each of toggled) {
          const slot = model.get(each);
          expect(index.find(each)).toBe(slot ?? NO_SLOT);
          if (slot === undefined) {
            model.set(each, index.add(each));
          } else {
            index.remove(slot);
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
    const index = new StringIndex(42);
    for (const key of keys) index.add(key);
    for (let slot = 0; slot < keys.length; slot += 2) index.remove(slot);
    expect(keys.every((key, slot) => index.find(key) === (slot % 2 === 0 ? NO_SLOT : slot))).toBe(true);
  });

  it('takes at most 40 bytes a key while it grows, and nothing once all keys are gone', () => {
    const keys = Array.from({ length: 50_000 }, (_, i) => `user:${i}`);
    const index = new StringIndex(7);
    for (const key of keys) index.add(key);
    expect(index.memoryBytes / keys.length).toBeLessThan(40);
    keys.forEach((_, slot) => index.remove(slot));
    expect(index.memoryBytes).toBe(0);
  });

  it('spreads keys that differ in one place only', () => {
    const keys = Array.from(
      { length: 20_000 },
      (_, i) => 'a'.repeat(i % 200) + String.fromCharCode(0x4e00 + Math.floor(i / 200)),
    );
    const index = new StringIndex(3);
    for (const key of keys) index.add(key);
    expect(keys.every((key, slot) => index.find(key) === slot)).toBe(true);
    expect(index.memoryBytes / keys.length).toBeLessThan(40);
  });
});
