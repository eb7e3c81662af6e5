import type { OrderedTable } from '../table/ordered-table.js';

/** What a compacted line takes besides key and value: the fixed text, a timestamp with milliseconds, a revision of some digits, the checksum. */
const LINE_BYTES = 100;
/** A `ttl` with milliseconds. */
const TTL_BYTES = 15;
/** Two seals. */
const SEAL_BYTES = 200;

/**
 * About how many bytes a log takes that holds nothing but what a table holds, without a look at each entry. Escapes in keys and created times are not counted: a factor that
 * the last compaction gives makes up for them.
 */
export function liveLogBytes(table: OrderedTable): number {
  return SEAL_BYTES + table.size * LINE_BYTES + table.expiring * TTL_BYTES + table.textBytes;
}
