import { describe, expect, test } from '@jest/globals';
import { listBody } from './list-body.js';
import type { WireBody } from './wire-answer.js';

function pieces(body: WireBody): string[] {
  return [...(body as Iterable<string>)];
}

describe('the body of an answer that holds a list', () => {
  test('is one text when it is short', () => {
    expect(listBody('{"results":[', ['1', '{"a":2}'], ']}')).toBe('{"results":[1,{"a":2}]}');
    expect(listBody('[', [], ']')).toBe('[]');
  });

  test('comes in pieces when it is long, none much longer than an element', () => {
    const elements = Array.from({ length: 40 }, (_, index) => `"${String(index).repeat(50_000)}"`);
    const body = pieces(listBody('{"results":[', elements, ']}'));
    expect(body.length).toBeGreaterThan(5);
    expect(Math.max(...body.map((piece) => piece.length))).toBeLessThan(400_000);
    expect(JSON.parse(body.join(''))).toEqual({ results: elements.map((element) => JSON.parse(element) as unknown) });
  });

  test('holds more than a string can', () => {
    const element = 'x'.repeat(1_048_576);
    let units = 0;
    for (const piece of listBody('[', Array<string>(1000).fill(element), ']') as Iterable<string>)
      units += piece.length;
    expect(units).toBe(1000 * 1_048_576 + 999 + 2);
  });
});
