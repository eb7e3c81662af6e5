/** The counts of a histogram: a few additions for each value, whatever is done with them later. */
export class BucketCounts {
  /** How many values each bucket got: values above the bound before, up to its own; the last is for those above all bounds. */
  readonly buckets: Float64Array;
  private total = 0;

  /** @param bounds the buckets' upper bounds, rising, in the unit of the values */
  constructor(readonly bounds: readonly number[]) {
    this.buckets = new Float64Array(bounds.length + 1);
  }

  /** The sum of all values. */
  get sum(): number {
    return this.total;
  }

  add(value: number): void {
    const { bounds, buckets } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]!) bucket++;
    buckets[bucket]!++;
    this.total += value;
  }
}
