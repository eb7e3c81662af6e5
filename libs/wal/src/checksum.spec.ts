import { crc32 as nativeCrc32 } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { crc32, crcOfZerosBehind } from './checksum.js';

describe('crc32', () => {
  it('gives the check value of the CRC catalogue', () => {
    expect(crc32(Buffer.from('123456789'), 0, 9).toString(16)).toBe('cbf43926');
  });

  it('agrees with zlib for every length around the loop and the native call, at every alignment', () => {
    const bytes = Buffer.from(Array.from({ length: 600 }, (_, i) => (i * 167 + (i >> 3)) & 255));
    for (let start = 0; start < 9; start++) {
      for (let end = start; end < 300; end++) {
        expect(crc32(bytes, start, end)).toBe(nativeCrc32(bytes.subarray(start, end)));
      }
    }
    expect(crc32(bytes, 3, 600)).toBe(nativeCrc32(bytes.subarray(3)));
  });

  it('is put together from the checksums of two parts', () => {
    const bytes = Buffer.from('{"op":"set","key":"k"}');
    for (let cut = 0; cut <= bytes.length; cut++) {
      const front = crcOfZerosBehind(crc32(bytes, 0, cut), bytes.length - cut);
      expect((front ^ crc32(bytes, cut, bytes.length)) >>> 0).toBe(crc32(bytes, 0, bytes.length));
    }
  });
});
