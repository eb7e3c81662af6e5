import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { inlineCost, largeCost, TextHeap } from './text-heap.js';

const PLACES = 16;
const LARGEST = 1024;

function costOf(text: string): number {
  const bytes = Buffer.byteLength(text);
  return bytes > LARGEST ? largeCost(text.length, bytes) : inlineCost(bytes);
}

function put(heap: TextHeap, place: number, text: string): number {
  const bytes = Buffer.from(`<${text}>`);
  return heap.put(place, bytes, 1, bytes.length - 1);
}

describe('TextHeap', () => {
  it('holds what an array of strings would, and knows what it costs, through any changes', () => {
    const text = fc.oneof(
      fc.constantFrom('', 'a', 'é', '日本', '😀'),
      fc.nat(200).map((length) => 'x'.repeat(length)),
      fc.constantFrom(-1, 0, 1, 500).map((more) => 'L'.repeat(LARGEST + more)),
      fc.constant('é'.repeat(LARGEST / 2 + 1)),
    );
    const step = fc.record({ place: fc.nat(PLACES - 1), text: fc.option(text) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
        const heap = new TextHeap(PLACES, LARGEST, undefined);
        const model = Array.from({ length: PLACES }, () => '');
        let cost = 0;
        for (const { place, text: next } of steps) {
          cost += next === null ? heap.clear(place) : put(heap, place, next);
          model[place] = next ?? '';
          expect(heap.lengthOf(place)).toBe(Buffer.byteLength(model[place]));
        }
        expect(model.map((_, place) => heap.textOf(place))).toEqual(model);
        expect(cost).toBe(model.reduce((sum, each) => sum + costOf(each), 0));
      }),
      { numRuns: 200 },
    );
  });

  it('takes no more than a quarter above what it holds, however often its texts are replaced', () => {
    const heap = new TextHeap(PLACES, LARGEST, undefined);
    for (let i = 0; i < 10_000; i++) put(heap, i % PLACES, 'x'.repeat(100 + ((i * 7919) % 50)));
    expect(heap.memoryBytes).toBeLessThan(PLACES * 150 * 1.3);
  });

  it('gives room back when most of its texts go', () => {
    const heap = new TextHeap(PLACES, LARGEST, undefined);
    for (let place = 0; place < PLACES; place++) put(heap, place, 'x'.repeat(1000));
    for (let place = 1; place < PLACES; place++) heap.clear(place);
    expect(heap.memoryBytes).toBeLessThan(4000);
    expect(heap.textOf(0)).toBe('x'.repeat(1000));
  });

  it.each([
    { what: 'shorter ones', next: 'y', begin: 'first' },
    { what: 'shorter ones', next: 'y', begin: 'last' },
    { what: 'ones too large for the buffer', next: 'L'.repeat(LARGEST + 1), begin: 'first' },
    { what: 'ones too large for the buffer', next: 'L'.repeat(LARGEST + 1), begin: 'last' },
  ])('gives room back when its texts are replaced by $what, the $begin one first', ({ next, begin }) => {
    const heap = new TextHeap(PLACES, LARGEST, undefined);
    for (let place = 0; place < PLACES; place++) put(heap, place, 'x'.repeat(500));
    for (let i = 0; i < PLACES; i++) put(heap, begin === 'first' ? i : PLACES - 1 - i, next);
    expect(heap.bytes.length).toBeLessThan(1300);
    expect(heap.memoryBytes).toBeLessThan(1300 + PLACES * (next === 'y' ? 0 : costOf(next)));
    for (let place = 0; place < PLACES; place++) expect(heap.textOf(place)).toBe(next);
  });

  it('begins with room for texts like those of a full one', () => {
    const full = new TextHeap(PLACES, LARGEST, undefined);
    for (let place = 0; place < PLACES; place++) put(full, place, 'x'.repeat(100));
    const next = new TextHeap(PLACES, LARGEST, full);
    const { bytes } = next;
    for (let place = 0; place < PLACES; place++) put(next, place, 'y'.repeat(100));
    expect(next.bytes).toBe(bytes);
  });
});
