import type { RpcObserver } from '../apis/rpc/rpc-options.js';
import { BucketCounts } from './bucket-counts.js';
import { LATENCY_BOUNDS_MS } from './request-counts.js';

/** What was counted of the calls of one rpc. */
export interface RpcCount {
  /** How many were answered with each code. */
  readonly codes: Map<number, number>;
  /** Milliseconds. */
  readonly latency: BucketCounts;
}

/** Counts gRPC calls. */
export class RpcCounts implements RpcObserver {
  /** By the rpc's name; only those that were called. */
  readonly rpcs = new Map<string, RpcCount>();

  answered(rpc: string, code: number, ms: number): void {
    let counts = this.rpcs.get(rpc);
    if (counts === undefined) {
      counts = { codes: new Map(), latency: new BucketCounts(LATENCY_BOUNDS_MS) };
      this.rpcs.set(rpc, counts);
    }
    counts.codes.set(code, (counts.codes.get(code) ?? 0) + 1);
    counts.latency.add(ms);
  }
}
