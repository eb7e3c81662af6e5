import { CallCounts, RequestCounts } from '@kvasir/metrics';
import type { CallStatus } from '../upstream/upstream.js';

/** Everything that is counted as it happens, in plain numbers. Without METRICS_KEY there is none, and nothing is counted. */
export class GatewayCounts {
  readonly http = new RequestCounts();
  readonly upstream = new CallCounts<CallStatus>();
}
