import { LogCounts } from './log-counts.js';
import { RequestCounts } from './request-counts.js';
import { RpcCounts } from './rpc-counts.js';
import { StoreCounts } from './store-counts.js';

/**
 * Everything that is counted as it happens, in plain numbers: they become metrics when somebody asks. With `METRICS=off` there is none, and nothing is counted.
 *
 * To be injected as optional.
 */
export class ServiceCounts {
  readonly http = new RequestCounts();
  readonly rpc = new RpcCounts();
  readonly log = new LogCounts();
  readonly store = new StoreCounts();
}
