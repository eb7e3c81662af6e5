import { describe, expect, it } from '@jest/globals';
import { memoryForData } from '../config/memory-limit.js';
import { memoryWarning } from './memory-warning.js';

const HEAP = 2 ** 31;

describe('memoryWarning', () => {
  it('says nothing of a limit that the heap holds', () => {
    expect(memoryWarning(memoryForData(HEAP), HEAP)).toBeUndefined();
  });

  it('names the limit, the heap and what it leaves', () => {
    const fitting = memoryForData(HEAP);
    expect(memoryWarning(fitting + 1, HEAP)).toContain(
      `MAX_MEMORY_BYTES is ${fitting + 1}, but a heap of ${HEAP} bytes leaves ${fitting} for data`,
    );
  });
});
