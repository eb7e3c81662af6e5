import { crc32 } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { LineEncoder } from './encoder.js';
import { encoded } from './testing/log-builder.js';

/** The line that has this text before its checksum. */
function withCrc(text: string): string {
  return `${text},"crc":"${crc32(Buffer.from(text)).toString(16).padStart(8, '0')}"}\n`;
}

function textOf(encode: (encoder: LineEncoder) => void): string {
  return encoded(encode).toString();
}

describe('LineEncoder', () => {
  it('writes a set, byte by byte', () => {
    const text = textOf((e) => e.encodeSet('user:1', '"Alice"', Infinity, 1_700_000_000_000, undefined, 7, 5));
    expect(text).toBe(
      '{"op":"set","key":"user:1","value":"Alice","timestamp":1700000000,"seq":7,"group":5,"crc":"4556ccd8"}\n',
    );
  });

  it('writes every member of a set in its place', () => {
    const text = textOf((e) =>
      e.encodeSet('k', '{"a":1}', 1_700_000_300_500, 1_700_000_000_250, 1_699_999_999_007, 12, 10, 2, 3),
    );
    expect(text).toBe(
      withCrc(
        '{"op":"set","key":"k","value":{"a":1},"ttl":300.25,"timestamp":1700000000.25,"created":1699999999.007,"seq":12,"group":10,"txn":[2,3]',
      ),
    );
  });

  it('writes a delete, alone and in a transaction', () => {
    expect(textOf((e) => e.encodeDelete('k', 1_700_000_000_001, 3, 3))).toBe(
      withCrc('{"op":"delete","key":"k","timestamp":1700000000.001,"seq":3,"group":3'),
    );
    expect(textOf((e) => e.encodeDelete('k', 1_700_000_000_010, 4, 3, 1, 2))).toBe(
      withCrc('{"op":"delete","key":"k","timestamp":1700000000.01,"seq":4,"group":3,"txn":[1,2]'),
    );
  });

  it('writes a seal, and that of a compacted part', () => {
    expect(textOf((e) => e.encodeSeal(1_700_000_000_000, 9))).toBe(
      withCrc('{"op":"seal","timestamp":1700000000,"seq":9'),
    );
    expect(textOf((e) => e.encodeSeal(0, 0, 0))).toBe(withCrc('{"op":"seal","timestamp":0,"seq":0,"lines":0'));
  });

  it('takes a transaction of one line for a line of its own', () => {
    expect(textOf((e) => e.encodeDelete('k', 0, 1, 1, 1, 1))).not.toContain('txn');
  });

  it('escapes in keys what JSON asks for and nothing else', () => {
    expect(textOf((e) => e.encodeDelete('a"b\\c\nd\u0001/é😀', 0, 1, 1))).toContain(
      String.raw`"key":"a\"b\\c\nd\u0001/é😀","timestamp"`,
    );
  });

  it.each([
    [0, '0'],
    [1, '0.001'],
    [10, '0.01'],
    [100, '0.1'],
    [120, '0.12'],
    [1000, '1'],
    [1005, '1.005'],
    [2_147_483_648_999, '2147483648.999'],
    [Number.MAX_SAFE_INTEGER, '9007199254740.991'],
  ])('writes %d ms as %s seconds', (milliseconds, seconds) => {
    expect(textOf((e) => e.encodeSeal(milliseconds, 0))).toContain(`"timestamp":${seconds},"seq"`);
  });

  it('writes the greatest counts in full', () => {
    const greatest = Number.MAX_SAFE_INTEGER;
    expect(textOf((e) => e.encodeDelete('k', 0, greatest, greatest))).toContain(
      `"seq":${greatest},"group":${greatest},`,
    );
  });

  it('puts lines one behind the other until it is reset, through growth of its buffer', () => {
    const encoder = new LineEncoder();
    const value = JSON.stringify('é'.repeat(50_000));
    for (let seq = 1; seq <= 5; seq++) encoder.encodeSet('k', value, Infinity, 0, undefined, seq, 1);
    const lines = encoder.bytes().toString().split('\n');
    expect(lines).toHaveLength(6);
    expect(lines.slice(0, 5).map((line) => (JSON.parse(line) as { seq: number }).seq)).toEqual([1, 2, 3, 4, 5]);
    encoder.reset();
    expect(encoder.length).toBe(0);
  });

  const refused: [string, (encoder: LineEncoder) => void][] = [
    ['an empty key', (e) => e.encodeDelete('', 0, 1, 1)],
    ['a key with NUL', (e) => e.encodeDelete('a\0', 0, 1, 1)],
    ['a key with a lone surrogate', (e) => e.encodeDelete('a\ud800', 0, 1, 1)],
    ['a key of 1,025 bytes', (e) => e.encodeDelete('é'.repeat(512) + 'x', 0, 1, 1)],
    ['an empty value', (e) => e.encodeSet('k', '', Infinity, 0, undefined, 1, 1)],
    ['a value with a newline', (e) => e.encodeSet('k', '[1,\n2]', Infinity, 0, undefined, 1, 1)],
    ['a value with a lone surrogate', (e) => e.encodeSet('k', '"\udc00"', Infinity, 0, undefined, 1, 1)],
    ['a fraction of a millisecond', (e) => e.encodeDelete('k', 0.5, 1, 1)],
    ['a time before 1970', (e) => e.encodeDelete('k', -1, 1, 1)],
    ['an expiry that is no number', (e) => e.encodeSet('k', '1', Number.NaN, 0, undefined, 1, 1)],
    ['a fractional seq', (e) => e.encodeDelete('k', 0, 1.5, 1)],
    ['a group after the seq', (e) => e.encodeDelete('k', 0, 1, 2)],
    ['a place outside of the transaction', (e) => e.encodeDelete('k', 0, 1, 1, 3, 2)],
  ];
  it.each(refused)('refuses %s and adds nothing', (_what, encode) => {
    const encoder = new LineEncoder();
    encoder.encodeDelete('before', 0, 1, 1);
    const before = encoder.bytes().toString();
    expect(() => encode(encoder)).toThrow(RangeError);
    expect(encoder.bytes().toString()).toBe(before);
  });
});
