import { hash } from 'node:crypto';
import { entryLine } from '@kvasir/backup';
import { NEVER, type Entry } from '@kvasir/kv-core';

const BITS = 128;
const HEX_DIGITS = BITS / 4;

/** Entries in number and checksum. */
export interface EntrySum {
  readonly count: number;
  /** The sum of the first 128 bits of each entry's SHA-256, all fields in it: the same in any order. */
  readonly checksum: bigint;
}

/**
 * Counts and sums entries so that two stores can be compared although entries expire between the one's reading and the other's: by the second in which they expire, which can be left out later.
 */
export class EntrySums {
  private readonly byExpiry = new Map<number, { count: number; checksum: bigint }>();

  add(entry: Entry): void {
    const second = entry.expiresAt === NEVER ? NEVER : Math.floor(entry.expiresAt / 1000);
    let sum = this.byExpiry.get(second);
    if (sum === undefined) this.byExpiry.set(second, (sum = { count: 0, checksum: 0n }));
    sum.count++;
    sum.checksum += BigInt(`0x${hash('sha256', entryLine(entry)).slice(0, HEX_DIGITS)}`);
  }

  /** The sum of those that expire in a later second than `time`, Unix milliseconds. */
  livingAfter(time: number): EntrySum {
    const second = Math.floor(time / 1000);
    let count = 0;
    let checksum = 0n;
    for (const [expiry, sum] of this.byExpiry) {
      if (expiry <= second) continue;
      count += sum.count;
      checksum += sum.checksum;
    }
    return { count, checksum: BigInt.asUintN(BITS, checksum) };
  }
}
