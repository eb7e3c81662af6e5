import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CHUNK_SLOTS, SlotChunk } from './slot-chunk.js';
import { positionOf, type Position, SlotSequence } from './slot-sequence.js';

/** The position before the slot at an index of the whole sequence. */
function positionAt(sequence: SlotSequence, index: number): Position {
  let left = index;
  for (const [number, chunk] of sequence.chunks.entries()) {
    if (left < chunk.length || (left === chunk.length && number === sequence.chunks.length - 1)) {
      return positionOf(number, left);
    }
    left -= chunk.length;
  }
  return sequence.end;
}

function contents(sequence: SlotSequence): number[] {
  const slots: number[] = [];
  sequence.walk(0, sequence.end, false, (chunk, low, high) => slots.push(...chunk.slots.subarray(low, high)) >= 0);
  return slots;
}

function expectWhole(sequence: SlotSequence, model: readonly number[]): void {
  expect(contents(sequence)).toEqual(model);
  expect(sequence.length).toBe(model.length);
  for (const chunk of sequence.chunks) expect(chunk.length).toBeGreaterThan(0);
}

function newSequence(): SlotSequence {
  return new SlotSequence(() => new SlotChunk());
}

describe('SlotSequence', () => {
  it('is empty at first', () => {
    const sequence = newSequence();
    expectWhole(sequence, []);
    expect(sequence.removeFirst(5)).toEqual(new Uint32Array(0));
    expect(sequence.memoryBytes).toBe(0);
  });

  it('leaves full chunks behind when slots come in order', () => {
    const sequence = newSequence();
    const model = Array.from({ length: 3 * CHUNK_SLOTS + 1 }, (_, i) => i);
    for (const slot of model) sequence.insert(sequence.end, slot);
    expectWhole(sequence, model);
    expect(sequence.chunks.map((chunk) => chunk.length)).toEqual([CHUNK_SLOTS, CHUNK_SLOTS, CHUNK_SLOTS, 1]);
  });

  it.each([0, 1, CHUNK_SLOTS, 2 * CHUNK_SLOTS + 1])('is filled with %i slots at once as one by one', (count) => {
    const sequence = newSequence();
    const model = Array.from({ length: count }, (_, i) => i);
    sequence.fill(Uint32Array.from(model));
    expectWhole(sequence, model);
    expect(sequence.chunks.map((chunk) => chunk.length)).toEqual(
      Array.from({ length: Math.ceil(count / CHUNK_SLOTS) }, (_, i) => Math.min(CHUNK_SLOTS, count - i * CHUNK_SLOTS)),
    );
    sequence.insert(sequence.end, count);
    expectWhole(sequence, [...model, count]);
  });

  it.each([0, 1, CHUNK_SLOTS / 2 - 1, CHUNK_SLOTS / 2, CHUNK_SLOTS / 2 + 1, CHUNK_SLOTS - 1, CHUNK_SLOTS])(
    'splits a full chunk for a slot at offset %i',
    (offset) => {
      const sequence = newSequence();
      const model = Array.from({ length: 2 * CHUNK_SLOTS }, (_, i) => i);
      for (const slot of model) sequence.insert(sequence.end, slot);
      sequence.insert(positionOf(0, offset), 9999);
      model.splice(offset, 0, 9999);
      expectWhole(sequence, model);
      expect(sequence.chunks.length).toBe(3);
    },
  );

  it('joins sparse chunks, so that few slots take few chunks whichever were removed', () => {
    const sequence = newSequence();
    let model = Array.from({ length: 20 * CHUNK_SLOTS }, (_, i) => i);
    for (const slot of model) sequence.insert(sequence.end, slot);
    for (let index = model.length - 1; index >= 0; index--) {
      if (index % 50 !== 0) sequence.remove(positionAt(sequence, index));
    }
    model = model.filter((slot) => slot % 50 === 0);
    expectWhole(sequence, model);
    expect(sequence.chunks.length).toBeLessThanOrEqual(4);
    while (model.length > 0) {
      sequence.remove(positionAt(sequence, 0));
      model.shift();
    }
    expectWhole(sequence, []);
  });

  it('does what an array does under random insertions, removals and takings from the front', () => {
    const step = fc.record({
      kind: fc.constantFrom('insert', 'insert', 'remove', 'removeFirst'),
      at: fc.nat({ max: 999 }),
      times: fc.nat({ max: 2 * CHUNK_SLOTS }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 15 }), (steps) => {
        // What the observer is told, made into a list of the chunks.
        const told: SlotChunk[] = [];
        const sequence: SlotSequence = new SlotSequence(() => new SlotChunk(), {
          added: (number) => told.splice(number, 0, sequence.chunks[number]!),
          removed: (number) => told.splice(number, 1),
        });
        const model: number[] = [];
        let next = 0;
        for (const { kind, at, times } of steps) {
          if (kind === 'removeFirst') {
            const taken = sequence.removeFirst(times);
            expect([...taken]).toEqual(model.splice(0, taken.length));
            expect(taken.length > 0 || times === 0 || model.length === 0).toBe(true);
            continue;
          }
          for (let i = 0; i < times; i++) {
            const index = Math.floor((at / 1000) * (model.length + (kind === 'insert' ? 1 : 0)));
            if (kind === 'insert') {
              sequence.insert(positionAt(sequence, index), next);
              model.splice(index, 0, next++);
            } else if (model.length > 0) {
              sequence.remove(positionAt(sequence, index));
              model.splice(index, 1);
            }
          }
        }
        expectWhole(sequence, model);
        expect(told).toEqual(sequence.chunks);
      }),
      { numRuns: 60 },
    );
  });

  it('walks any stretch both ways and stops when told to', () => {
    const sequence = newSequence();
    const model = Array.from({ length: 3 * CHUNK_SLOTS }, (_, i) => i);
    for (const slot of model) sequence.insert(sequence.end, slot);
    fc.assert(
      fc.property(
        fc.nat(model.length),
        fc.nat(model.length),
        fc.boolean(),
        fc.nat(700),
        (from, to, backwards, most) => {
          const seen: number[] = [];
          sequence.walk(positionAt(sequence, from), positionAt(sequence, to), backwards, ({ slots }, low, high) => {
            expect(high).toBeGreaterThan(low);
            const stretch = slots.subarray(low, high).slice();
            return seen.push(...(backwards ? stretch.reverse() : stretch)) <= most;
          });
          const expected = model.slice(from, Math.max(from, to));
          if (backwards) expected.reverse();
          expect(seen).toEqual(expected.slice(0, seen.length));
          expect(seen.length).toBeGreaterThanOrEqual(Math.min(expected.length, most + 1));
          expect(seen.length).toBeLessThan(most + 1 + CHUNK_SLOTS);
        },
      ),
    );
  });
});
