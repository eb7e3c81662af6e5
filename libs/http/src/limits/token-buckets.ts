/** What the buckets are made with. */
export interface TokenBucketsOptions {
  /** Tokens that come back to a bucket each second; above 0. */
  readonly ratePerSecond: number;
  /** The most tokens in a bucket, and how many a new one has; 1 or more. */
  readonly burst: number;
  /** The most buckets kept; 2 or more. */
  readonly maxBuckets: number;
  /** Milliseconds, never running backwards; fractions count. */
  readonly now: () => number;
}

interface Bucket {
  /** When the bucket is full again. */
  fullAt: number;
}

/** Sums of intervals are off by less than this many milliseconds. */
const ROUNDING_MS = 1e-6;

/**
 * A token bucket for each key, kept as one number: the time at which it is full again (the "theoretical arrival time" of the generic cell rate algorithm, ITU-T I.371).
 *
 * Memory is bounded by two generations of half the buckets each. A bucket that is asked moves to the young one; when that has no room left, the old one is dropped and the young one
 * grows old. So a flood of new keys takes the place of those that nobody asks for any more, and one that is in use is never reset.
 */
export class TokenBuckets {
  private readonly intervalMs: number;
  private readonly burstMs: number;
  private readonly maxYoung: number;
  private readonly now: () => number;
  private young = new Map<string, Bucket>();
  private old = new Map<string, Bucket>();

  constructor({ ratePerSecond, burst, maxBuckets, now }: TokenBucketsOptions) {
    this.intervalMs = 1000 / ratePerSecond;
    this.burstMs = burst * this.intervalMs;
    this.maxYoung = Math.floor(maxBuckets / 2);
    this.now = now;
  }

  /** How many buckets are kept. */
  get size(): number {
    return this.young.size + this.old.size;
  }

  /**
   * Takes a token out of a key's bucket.
   *
   * @param key kept as it is, so it must not be a piece of a longer text
   * @returns 0 when there was one; otherwise how many milliseconds it is until there will be, and nothing was taken
   */
  take(key: string): number {
    const bucket = this.young.get(key) ?? this.rejuvenated(key);
    const now = this.now();
    const fullAt = Math.max(bucket.fullAt, now) + this.intervalMs;
    const missingMs = fullAt - now - this.burstMs;
    if (missingMs > ROUNDING_MS) return missingMs;
    bucket.fullAt = fullAt;
    return 0;
  }

  private rejuvenated(key: string): Bucket {
    let bucket = this.old.get(key);
    if (bucket === undefined) bucket = { fullAt: -Infinity };
    else this.old.delete(key);
    if (this.young.size >= this.maxYoung) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(key, bucket);
    return bucket;
  }
}
