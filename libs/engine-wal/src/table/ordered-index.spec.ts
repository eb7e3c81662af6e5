import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { KeyTexts } from '../testing/key-texts.js';
import { OrderedIndex } from './ordered-index.js';
import type { Position } from './slot-sequence.js';
import { CHUNK_SLOTS } from './slot-sequence.js';

const PIECES = ['', 'a', 'b', '/', '\uD7FF', '\uE000', '\uFFFF', '\u{10000}', '\u{10FFFF}', 'é', '__proto__'];
const nastyKey = fc.array(fc.constantFrom(...PIECES), { maxLength: 4 }).map((pieces) => pieces.join(''));

function keysBetween(index: OrderedIndex, keys: readonly string[], from: Position, to: Position): string[] {
  const found: string[] = [];
  index.walk(from, to, false, (slot) => {
    found.push(keys[slot]!);
    return true;
  });
  return found;
}

function indexOf(keys: readonly string[]): OrderedIndex {
  const index = new OrderedIndex(new KeyTexts(keys));
  keys.forEach((_, slot) => index.add(slot));
  return index;
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

describe('OrderedIndex', () => {
  it('is empty at first, with every bound at its only place', () => {
    const index = indexOf([]);
    expect([
      index.end,
      index.lowerBound(Buffer.from('a')),
      index.upperBound(Buffer.from('')),
      index.prefixEnd(Buffer.from('')),
    ]).toEqual([0, 0, 0, 0]);
    expect(index.length).toBe(0);
  });

  it('keeps byte order and finds every bound among nasty keys, whatever order they came in', () => {
    const property = fc.property(fc.uniqueArray(nastyKey, { maxLength: 60 }), nastyKey, (keys, probe) => {
      const index = indexOf(keys);
      const sorted = [...keys].sort(byBytes);
      expect(keysBetween(index, keys, 0, index.end)).toEqual(sorted);
      expect(keysBetween(index, keys, index.lowerBound(Buffer.from(probe)), index.end)).toEqual(
        sorted.filter((key) => byBytes(key, probe) >= 0),
      );
      expect(keysBetween(index, keys, index.upperBound(Buffer.from(probe)), index.end)).toEqual(
        sorted.filter((key) => byBytes(key, probe) > 0),
      );
      expect(
        keysBetween(index, keys, index.lowerBound(Buffer.from(probe)), index.prefixEnd(Buffer.from(probe))),
      ).toEqual(sorted.filter((key) => key.startsWith(probe)));
    });
    fc.assert(property, { numRuns: 1000 });
  });

  it('finds every key and every gap across the borders of its chunks', () => {
    const sorted = Array.from({ length: 4 * CHUNK_SLOTS + 3 }, (_, i) => String(2 * i).padStart(5, '0'));
    const shuffled = sorted.map((_, i) => sorted[(i * 577) % sorted.length]!);
    expect(new Set(shuffled).size).toBe(sorted.length);
    for (const keys of [sorted, [...sorted].reverse(), shuffled]) {
      const index = indexOf(keys);
      for (let i = 0; i < 2 * sorted.length; i++) {
        const probe = String(i).padStart(5, '0');
        const first = Math.ceil(i / 2);
        expect(
          keysBetween(index, keys, index.lowerBound(Buffer.from(probe)), index.upperBound(Buffer.from(probe))),
        ).toEqual(i % 2 === 0 ? [probe] : []);
        const [next] = keysBetween(index, keys, index.lowerBound(Buffer.from(probe)), index.end);
        expect(next).toBe(sorted[first]);
      }
    }
  });

  it('orders keys above the surrogates by their bytes among thousands, and removes them again', () => {
    const keys = Array.from({ length: 3000 }, (_, i) => `k${i}`);
    keys.push('\u{10FFFF}', '\uFFFF', '\uE000x', '\u{10000}', 'k\uFFFF', 'k\u{1F600}');
    const index = indexOf(keys);
    expect(keysBetween(index, keys, 0, index.end)).toEqual([...keys].sort(byBytes));
    expect(
      keysBetween(index, keys, index.lowerBound(Buffer.from('k\uE000')), index.prefixEnd(Buffer.from('k'))),
    ).toEqual(['k\uFFFF', 'k\u{1F600}']);
    for (let slot = keys.length - 1; slot > 10; slot--) index.remove(slot);
    expect(keysBetween(index, keys, 0, index.end)).toEqual(keys.slice(0, 11).sort(byBytes));
  });
});
