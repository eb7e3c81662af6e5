import { describe, expect, it } from '@jest/globals';
import { memoryForData } from './memory-limit.js';

const MEBIBYTE = 1024 * 1024;

describe('memoryForData', () => {
  it("leaves 128 MiB to the service and a quarter of the rest to the collector, with Node's usual limit", () => {
    expect(memoryForData(4144 * MEBIBYTE)).toBe(3012 * MEBIBYTE);
  });

  it('leaves a quarter of a small heap to data', () => {
    expect(memoryForData(100 * MEBIBYTE)).toBe(25 * MEBIBYTE);
  });

  it('is a whole number of bytes that grows with the heap and stays below it', () => {
    let last = 0;
    for (let limit = MEBIBYTE + 1; limit < 2 ** 40; limit = Math.ceil(limit * 1.1)) {
      const bytes = memoryForData(limit);
      expect(Number.isSafeInteger(bytes)).toBe(true);
      expect(bytes).toBeGreaterThan(last);
      expect(bytes).toBeLessThan(limit);
      last = bytes;
    }
  });
});
