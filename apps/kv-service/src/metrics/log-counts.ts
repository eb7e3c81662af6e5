import { BucketCounts } from '@kvasir/metrics';

/** Upper bounds of the buckets of group sizes, in transactions. */
const GROUP_BOUNDS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

/** Upper bounds of the buckets of syncs, in milliseconds: from a server's SSD to a disk that is about to die. */
const SYNC_BOUNDS_MS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500];

/** Counts how the log is written. It fits as engine-wal's `LogObserver`. */
export class LogCounts {
  /** Transactions. */
  readonly groups = new BucketCounts(GROUP_BOUNDS);
  /** Milliseconds. */
  readonly syncs = new BucketCounts(SYNC_BOUNDS_MS);
  private compacting = 0;

  /** Milliseconds that compactions took that put a new log in place. */
  get compactionMs(): number {
    return this.compacting;
  }

  group(transactions: number): void {
    this.groups.add(transactions);
  }

  synced(ms: number): void {
    this.syncs.add(ms);
  }

  compacted(ms: number): void {
    this.compacting += ms;
  }
}
