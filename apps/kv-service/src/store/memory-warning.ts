import { memoryForData } from '../config/memory-limit.js';

/**
 * What is wrong with a MAX_MEMORY_BYTES that the process's heap does not hold; undefined when it fits.
 *
 * @param heapLimitBytes `heap_size_limit` of `v8.getHeapStatistics()`
 */
export function memoryWarning(maxMemoryBytes: number, heapLimitBytes: number): string | undefined {
  const fitting = memoryForData(heapLimitBytes);
  if (maxMemoryBytes <= fitting) return undefined;
  return (
    `MAX_MEMORY_BYTES is ${maxMemoryBytes}, but a heap of ${heapLimitBytes} bytes leaves ${fitting} for data: ` +
    'the process may run out of memory before the store is full. Start it with a larger node --max-old-space-size'
  );
}
