import { CallCounts, RequestCounts } from '@kvasir/metrics';
import { LogCounts } from './log-counts.js';
import { StoreCounts } from './store-counts.js';

/**
 * Everything that is counted as it happens, in plain numbers: they become metrics when somebody asks. With `METRICS=off` there is none, and nothing is counted.
 *
 * To be injected as optional.
 */
export class ServiceCounts {
  readonly http = new RequestCounts();
  /** By gRPC's codes. */
  readonly rpc = new CallCounts<number>();
  readonly log = new LogCounts();
  readonly store = new StoreCounts();
}
