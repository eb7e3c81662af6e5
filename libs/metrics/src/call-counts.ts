import { BucketCounts } from './bucket-counts.js';
import { LATENCY_BOUNDS_MS } from './request-counts.js';

/** What was counted of the calls of one method. */
export interface CallCount<Status> {
  /** How many ended with each status. */
  readonly statuses: Map<Status, number>;
  /** Milliseconds. */
  readonly latency: BucketCounts;
}

/**
 * Counts calls between services, at either end.
 *
 * @typeParam Status how a call ends, as whoever counts has it at hand
 */
export class CallCounts<Status extends string | number> {
  /** By the method's name; only those that were called. */
  readonly methods = new Map<string, CallCount<Status>>();

  answered(method: string, status: Status, ms: number): void {
    let counts = this.methods.get(method);
    if (counts === undefined) {
      counts = { statuses: new Map(), latency: new BucketCounts(LATENCY_BOUNDS_MS) };
      this.methods.set(method, counts);
    }
    counts.statuses.set(status, (counts.statuses.get(status) ?? 0) + 1);
    counts.latency.add(ms);
  }
}
