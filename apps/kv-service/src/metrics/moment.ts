import type { StoreStats } from '@kvasir/kv-core';
import type { StoreFigures } from '../store/opened-store.js';
import type { ServiceCounts } from './service-counts.js';

/** Everything that metrics are read out of, as it is at one moment. */
export interface Moment {
  readonly counts: ServiceCounts;
  readonly version: string;
  /** `STORE`. */
  readonly engine: string;
  /** Whether `/health/ready` would be a 200. */
  readonly ready: boolean;
  /** Requests that came too soon so far; undefined without `RATE_LIMIT`. */
  readonly rateLimited: number | undefined;
  /** Undefined while the store cannot say it: it is being opened, or its database is away. */
  readonly stats: StoreStats | undefined;
  /** What is told of this engine alone; undefined while it is being opened. */
  readonly figures: StoreFigures | undefined;
  /** `MAX_MEMORY_BYTES`. */
  readonly maxMemoryBytes: number;
}
