const MEBIBYTE = 1024 * 1024;

/**
 * What the service itself needs of the heap: V8's young generation (48 MiB by default, part of the heap limit), code and
 * Nest (about 40 MiB), and requests under way.
 */
const SERVICE_BYTES = 128 * MEBIBYTE;

/**
 * V8 frees old values only by a collection, and collects ever more often as the heap fills: a quarter stays free so that
 * overwritten values and a collection under way have room.
 */
const DATA_SHARE = 0.75;

/** With a heap too small for the rule, this share of it is for data all the same, so that the service can be tried there. */
const LEAST_SHARE = 0.25;

/**
 * How many bytes of entries a process may hold that may use `heapLimitBytes` of heap (`heap_size_limit` of
 * `v8.getHeapStatistics()`, which follows `--max-old-space-size` and a container's memory).
 *
 * Of an entry, only a value of more than 512 bytes lies in the heap, as a string; everything else is in buffers and typed arrays
 * outside it (see engine-wal's `SlotColumns`). All of it is counted as if it lay in the heap: exact for large values, on the safe
 * side for small ones, and it bounds the memory outside the heap too, as the heap limit is the one figure that knows a container's.
 */
export function memoryForData(heapLimitBytes: number): number {
  return Math.floor(Math.max(DATA_SHARE * (heapLimitBytes - SERVICE_BYTES), LEAST_SHARE * heapLimitBytes));
}
