import { describe, expect, it } from '@jest/globals';
import { printable, quoted } from './printable.js';

describe('quoted', () => {
  it.each([
    ['80a0', '"80a0"'],
    ['käse 鍵 🔑', '"käse 鍵 🔑"'],
    ['say "hi"\\', String.raw`"say \"hi\"\\"`],
    ['a\nb\r\tc', String.raw`"a\nb\r\tc"`],
    ['\u001b[31mred', String.raw`"\u001b[31mred"`],
    ['\u007f\u009b', String.raw`"\u{7f}\u{9b}"`],
    ['\u2028\u2029', String.raw`"\u{2028}\u{2029}"`],
    ['abc\u202edef', String.raw`"abc\u{202e}def"`],
    ['\ud800', String.raw`"\ud800"`],
  ])('shows %j on one line as %s', (text, shown) => {
    expect(quoted(text)).toBe(shown);
  });

  it('shows 100 characters whole, and of more the first 100 and how many there were', () => {
    expect(quoted('x'.repeat(100))).toBe(`"${'x'.repeat(100)}"`);
    expect(quoted('x'.repeat(5000))).toBe(`"${'x'.repeat(100)}"… (5000 characters)`);
  });

  it('cuts no surrogate pair in half', () => {
    expect(quoted('🔑'.repeat(200))).toBe(`"${'🔑'.repeat(100)}"… (400 characters)`);
    expect(quoted(`a${'🔑'.repeat(200)}`)).toBe(`"a${'🔑'.repeat(99)}"… (401 characters)`);
  });
});

describe('printable', () => {
  it('is the same without quotation marks', () => {
    expect(printable('--pr"ot\n\u009b')).toBe(String.raw`--pr"ot\u{a}\u{9b}`);
    expect(printable('x'.repeat(101))).toBe(`${'x'.repeat(100)}… (101 characters)`);
  });
});
