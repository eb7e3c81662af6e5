import { NEVER, type Entry } from '@kvasir/kv-core';
import { LONGEST_PACKED_KEY, packedCost } from './key-chunk.js';
import { SLOT_BYTES, valueCost } from './slot-columns.js';
import { inlineCost, largeCost } from './text-heap.js';

/** What an entry takes in the hash index and the ordered index, on average, without the copy of its key (see {@link packedCost}). */
const INDEX_BYTES = 28;
/** What any entry takes besides its texts. */
export const FIXED_BYTES = SLOT_BYTES + INDEX_BYTES;
/** What an entry that expires takes in the expiry queue, on average. */
export const QUEUE_BYTES = 8;

/** UTF-8 takes at most so many bytes a UTF-16 unit. */
export const MOST_BYTES_A_UNIT = 3;

const COPY_AT_MOST = packedCost(LONGEST_PACKED_KEY);

/** What one entry adds to the memory of an `OrderedTable`, in bytes, averaged over many. */
export function entryCost({ key, value, expiresAt }: Entry): number {
  const keyBytes = Buffer.byteLength(key);
  const texts = inlineCost(keyBytes) + packedCost(keyBytes) + valueCost(value.length, Buffer.byteLength(value));
  return texts + FIXED_BYTES + (expiresAt === NEVER ? 0 : QUEUE_BYTES);
}

/** At least what {@link entryCost} says, without a look at the text: for less than a tenth of the time. */
export function entryCostAtMost({ key, value }: Entry): number {
  const bytes = MOST_BYTES_A_UNIT * (key.length + value.length);
  return largeCost(0, 0) + inlineCost(bytes) + COPY_AT_MOST + FIXED_BYTES + QUEUE_BYTES;
}
