import { describe, expect, it } from '@jest/globals';
import { MAX_SHORT_ASCII, shortAscii } from './short-ascii.js';

describe('shortAscii', () => {
  const letters = Buffer.from('<abcdefghijklmnop>');

  it.each(Array.from({ length: MAX_SHORT_ASCII + 1 }, (_, length) => length))(
    'gives the text of %i bytes',
    (length) => {
      expect(shortAscii(letters, 1, length)).toBe('abcdefghijklmnop'.slice(0, length));
    },
  );

  it('leaves longer texts to others', () => {
    expect(shortAscii(letters, 1, MAX_SHORT_ASCII + 1)).toBeUndefined();
  });

  it('leaves a text to others when any of its bytes is not ASCII', () => {
    for (let length = 1; length <= MAX_SHORT_ASCII; length++) {
      for (let at = 0; at < length; at++) {
        const bytes = Buffer.from(letters);
        bytes[1 + at] = 0x80;
        expect(shortAscii(bytes, 1, length)).toBeUndefined();
        expect(shortAscii(bytes, 2 + at, 3)).toBe('abcdefghijklmnop'.slice(at + 1, at + 4));
      }
    }
  });

  it('takes every ASCII byte for its character', () => {
    for (let byte = 0; byte < 0x80; byte++)
      expect(shortAscii(Buffer.from([byte]), 0, 1)).toBe(String.fromCharCode(byte));
  });
});
