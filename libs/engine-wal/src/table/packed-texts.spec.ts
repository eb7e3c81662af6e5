import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PackedTexts } from './packed-texts.js';

function contents(packed: PackedTexts): string[] {
  return Array.from({ length: packed.length }, (_, i) => {
    const start = packed.startOf(i);
    expect(packed.startOf(i + 1)).toBe(start + packed.lengthOf(i));
    return packed.bytes.toString('utf8', start, start + packed.lengthOf(i));
  });
}

function insert(packed: PackedTexts, index: number, text: string): void {
  const source = Buffer.from(`<${text}>`);
  packed.insert(index, source, 1, source.length - 2);
}

function packedOf(texts: readonly string[]): PackedTexts {
  const packed = new PackedTexts(2);
  texts.forEach((text, i) => insert(packed, i, text));
  return packed;
}

describe('PackedTexts', () => {
  it('is empty at first', () => {
    expect(contents(new PackedTexts(0))).toEqual([]);
    expect(new PackedTexts(4).startOf(0)).toBe(0);
  });

  it('does what an array does under insertions, removals, splits and joins', () => {
    const anyText = fc.constantFrom('', 'a', 'é', '日本', '\u{10FFFF}', 'x'.repeat(100), 'y'.repeat(1024));
    const step = fc.record({
      kind: fc.constantFrom('insert', 'insert', 'insert', 'remove', 'split', 'append'),
      at: fc.nat(999),
      text: anyText,
      count: fc.nat(4),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100, size: 'max' }), (steps) => {
        let packed = new PackedTexts(1);
        let model: string[] = [];
        for (const { kind, at, text, count } of steps) {
          const index = Math.floor((at / 1000) * (model.length + 1));
          if (kind === 'insert') {
            insert(packed, index, text);
            model.splice(index, 0, text);
          } else if (kind === 'remove') {
            const removed = model.splice(index, count);
            packed.remove(index, removed.length);
          } else if (kind === 'split') {
            const upper = packed.split(index);
            const rest = model.splice(index);
            expect(contents(packed)).toEqual(model);
            expect(contents(upper)).toEqual(rest);
            if (count > 2) [packed, model] = [upper, rest];
          } else {
            const more = Array.from({ length: count }, (_, i) => text + i);
            packed.append(packedOf(more));
            model.push(...more);
          }
        }
        expect(contents(packed)).toEqual(model);
      }),
      { numRuns: 300 },
    );
  });

  it('takes no more room than half as much again as it was ever full of', () => {
    const packed = packedOf(Array.from({ length: 1000 }, (_, i) => `text ${i}`));
    const { bytes } = packed;
    expect(bytes.length).toBeLessThanOrEqual(1.5 * packed.startOf(1000));
    expect(packed.memoryBytes).toBeGreaterThan(bytes.length + 1000 * 4);
    expect(packed.memoryBytes).toBeLessThan(bytes.length + 1000 * 4 * 1.5 + 1000);
  });
});
