import { describe, expect, it } from '@jest/globals';
import { KEY_VALUE_SERVICE } from '@kvasir/contracts';
import fc from 'fast-check';
import { problemOfMessage } from './wire-check.js';

const STRINGS = new Set([1, 2]);
const check = (hex: string): string | undefined => problemOfMessage(Buffer.from(hex, 'hex'), STRINGS);

describe('problemOfMessage', () => {
  it.each([
    ['nothing', ''],
    ['a key', '0a016b'],
    ['a key and a value', '0a016b120176'],
    ['the value first', '1201760a016b'],
    ['an empty string', '0a00'],
    ['text of several bytes a character', '0a04f09f9880'],
    [
      'unknown fields of every wire type',
      '1805 21 0000000000000000 2a02ff00 35 00000000 3b0a013b3c'.replaceAll(' ', ''),
    ],
    ['a field number of five bytes', 'f8ffffff0f01'],
  ])('takes %s', (_name, hex) => {
    expect(check(hex)).toBeUndefined();
  });

  it.each([
    ['a tag that ends too early', '80'],
    ['a tag that never ends', 'ffffffffffffffffffffff01'],
    ['a string that ends too early', '0a056b'],
    ['a length without string', '0a'],
    ['a length past every message', '0affffffff0f6b'],
    ['a number where a string belongs', '0805'],
    ['eight bytes that are not there', '2100000000'],
    ['field 0', '0200'],
    ['wire type 6', '1e'],
    ['wire type 7', '1f'],
  ])('refuses %s', (_name, hex) => {
    expect(check(hex)).toBe('the message is malformed');
  });

  it.each([
    ['a lone continuation byte', '0a0180', 1],
    ['an overlong form', '0a02c0af', 1],
    ['a surrogate', '1203eda080', 2],
    ['a character cut in half', '0a016b1202f09f', 2],
  ])('refuses %s in a string', (_name, hex, field) => {
    expect(check(hex)).toBe(`the string in field ${field} is not valid UTF-8`);
  });

  it('takes every message that clients make', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (key, value) => {
        const bytes = KEY_VALUE_SERVICE.Set.requestSerialize({ key, value });
        expect(problemOfMessage(bytes, STRINGS)).toBeUndefined();
      }),
    );
  });

  it('ends for every sequence of bytes, and what it takes protobufjs decodes to the bytes that were there', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const message = Buffer.from(bytes);
        if (problemOfMessage(message, STRINGS) !== undefined) return;
        const { key } = decodeOrEmpty(message);
        expect(message.includes(key)).toBe(true);
      }),
    );
  });
});

/** Groups that are not closed are the decoder's to refuse. */
function decodeOrEmpty(message: Buffer): { key: string } {
  try {
    return KEY_VALUE_SERVICE.Set.requestDeserialize(message);
  } catch {
    return { key: '' };
  }
}
