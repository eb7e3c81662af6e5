import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { printableJson, quoted } from './printable.js';

describe('quoted', () => {
  it.each([
    ['plain ключ 🗝', '"plain ключ 🗝"'],
    ['"\\', '"\\"\\\\"'],
    ['\u001b[31m\n\u0000', '"\\u001b[31m\\n\\u0000"'],
    ['\u009b\u200b\u202e\u2028\ufeff', '"\\u009b\\u200b\\u202e\\u2028\\ufeff"'],
    ['\u{e0001}', '"\\udb40\\udc01"'],
    ['\ud800', '"\\ud800"'],
  ])('shows %j as %s', (text, shown) => {
    expect(quoted(text)).toBe(shown);
  });

  it('stays the same text, without anything that a terminal could act on', () => {
    const unprintable = /[\p{C}\p{Zl}\p{Zp}]/u;
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(JSON.parse(quoted(text))).toBe(text);
        expect(quoted(text)).not.toMatch(unprintable);
      }),
    );
  });
});

describe('printableJson', () => {
  it('keeps the digits, the order and the escapes of a JSON text', () => {
    expect(printableJson('{"b":1.10,"a":"\\u0000\u0085","a":12345678901234567890}')).toBe(
      '{"b":1.10,"a":"\\u0000\\u0085","a":12345678901234567890}',
    );
  });
});
