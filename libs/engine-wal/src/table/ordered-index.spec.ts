import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { KeyTexts } from '../testing/key-texts.js';
import { OrderedIndex } from './ordered-index.js';
import { CHUNK_SLOTS } from './slot-chunk.js';
import type { Position } from './slot-sequence.js';

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

/** Keys of all lengths, many with long prefixes in common, some longer than a chunk keeps copies of, up to the longest there are. */
const anyKey = fc.oneof(
  { weight: 3, arbitrary: fc.nat(3000).map((n) => `user:${n}`) },
  { weight: 1, arbitrary: nastyKey.filter((key) => key !== '') },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(60, 63, 64, 65, 500), fc.nat(300))
      .map(([length, n]) => 'user:1'.padEnd(length, '/') + n),
  },
  { weight: 1, arbitrary: fc.nat(99).map((n) => `user:2${'é'.repeat(507)}${String(n).padStart(4, '0')}`) },
);

/** Writes one after the other to an index and to a sorted list of keys. */
class Writes {
  readonly column = new KeyTexts();
  readonly slots = new Map<string, number>();
  index = new OrderedIndex(this.column);

  add(key: string): void {
    if (this.slots.has(key)) return;
    const slot = this.column.push(key);
    this.index.add(slot);
    this.slots.set(key, slot);
  }

  remove(key: string): void {
    const slot = this.slots.get(key);
    if (slot === undefined) return;
    this.index.remove(slot);
    this.slots.delete(key);
  }

  /** An index of the same slots, as a start makes it. */
  rebuild(): void {
    this.index = new OrderedIndex(this.column);
    this.index.build(Uint32Array.from(this.slots.values()));
  }

  get sorted(): string[] {
    return [...this.slots.keys()].sort(byBytes);
  }
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

  it('lists pages of any keys both ways like a sorted list, through additions, removals and builds', () => {
    const step = fc.oneof(
      { weight: 8, arbitrary: fc.record({ kind: fc.constant('add'), keys: fc.array(anyKey, { maxLength: 400, size: 'max' }) }) },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('remove'), keys: fc.array(anyKey, { maxLength: 400, size: 'max' }) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('thin'), keys: fc.constant([]) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('rebuild'), keys: fc.constant([]) }) },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('list'), keys: fc.tuple(anyKey, anyKey) }) },
    ); // prettier-ignore
    // None, a few, most or all of the slots.
    const shownOfEleven = fc.constantFrom(0, 1, 7, 10, 11);
    const inputs = [fc.array(step, { maxLength: 12 }), fc.nat(600), shownOfEleven] as const;
    const property = fc.property(...inputs, (steps, limit, shown) => {
      const writes = new Writes();
      const expectPages = (start: string, end: string, hidden?: (slot: number) => boolean): void => {
        const { index } = writes;
        const [from, to] = [index.lowerBound(Buffer.from(start)), index.lowerBound(Buffer.from(end))];
        const within = writes.sorted.filter(
          (key) => byBytes(key, start) >= 0 && byBytes(key, end) < 0 && !hidden?.(writes.slots.get(key)!),
        );
        const more = within.length > limit;
        expect(index.keys(from, to, false, limit, hidden)).toEqual({ items: within.slice(0, limit), more });
        within.reverse();
        expect(index.keys(from, to, true, limit, hidden)).toEqual({ items: within.slice(0, limit), more });
      };
      for (const { kind, keys } of steps) {
        if (kind === 'rebuild') writes.rebuild();
        else if (kind === 'thin') writes.sorted.forEach((key, i) => i % 10 > 0 && writes.remove(key));
        else if (kind === 'add') keys.forEach((key) => writes.add(key));
        else if (kind === 'remove') keys.forEach((key) => writes.remove(key));
        else expectPages(...keys);
      }
      expect(writes.index.length).toBe(writes.slots.size);
      expectPages('', '\u{10FFFF}', (slot) => slot % 11 >= shown);
      expectPages('', '\u{10FFFF}');
      for (const key of ['user:', 'user:1', 'user:2é']) {
        const [from, to] = [writes.index.lowerBound(Buffer.from(key)), writes.index.prefixEnd(Buffer.from(key))];
        const begun = writes.sorted.filter((each) => each.startsWith(key));
        expect(writes.index.keys(from, to, false, 1e6).items).toEqual(begun);
      }
    });
    fc.assert(property, { numRuns: 150 });
  });

  it('has room for keys that it does not copy, and gives back what chunks took', () => {
    const short = new Writes();
    const long = new Writes();
    for (let i = 0; i < 3 * CHUNK_SLOTS; i++) {
      short.add(`${i}`);
      long.add(`${i}`.padStart(1024, 'x'));
    }
    expect(long.index.memoryBytes).toBeLessThan(short.index.memoryBytes + 8 * 1024);
    const empty = new OrderedIndex(long.column).memoryBytes;
    for (const key of long.sorted) long.remove(key);
    expect(long.index.memoryBytes).toBeLessThan(empty + 32 * 1024);
  });

  it.each([false, true])(
    'removes any key, also one that is a border itself, and takes it again (built at once: %s)',
    (built) => {
      const writes = new Writes();
      for (let i = 0; i < 3 * CHUNK_SLOTS; i++) writes.add(String(i).padStart(5, '0'));
      if (built) writes.rebuild();
      for (const key of writes.sorted) {
        const before = writes.sorted;
        writes.remove(key);
        expect(writes.index.keys(0, writes.index.end, false, 1e6).items).toEqual(before.filter((each) => each !== key));
        writes.add(key);
      }
      expect(writes.index.keys(0, writes.index.end, false, 1e6).items).toEqual(writes.sorted);
    },
  );

  it('keeps keys that fall between two chunks in order', () => {
    const writes = new Writes();
    for (let i = 0; i < 2 * CHUNK_SLOTS; i++) writes.add(`c${i}`);
    // One by one into the gaps that every insertion before has left.
    for (let i = 0; i < 40; i++) {
      const { sorted } = writes;
      for (let at = i % 7; at < sorted.length; at += 50) writes.add(`${sorted[at]}${'a'.repeat(i % 5)}0`);
      expect(writes.index.keys(0, writes.index.end, false, 1e6).items).toEqual(writes.sorted);
    }
  });
});
