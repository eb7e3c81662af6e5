import type { RateLimiter } from '@kvasir/http';
import { MetricsText } from '@kvasir/metrics';
import type { Readiness } from '../upstream/readiness.js';
import { METRICS } from './declarations.js';
import type { GatewayCounts } from './gateway-counts.js';

/** What kv-service gets to say whether it is ready, in milliseconds: less than Prometheus waits for a scrape. */
const READY_DEADLINE_MS = 1000;

/** What the metrics are read out of. */
export interface GatewayMetricsOptions {
  readonly version: string;
  readonly counts: GatewayCounts;
  readonly readiness: Readiness;
  /** Undefined: requests have no limit. */
  readonly limiter: RateLimiter | undefined;
}

/** Looks at the gateway when it is asked to, and says it in Prometheus's words. */
export class GatewayMetrics {
  private readonly metrics = new MetricsText(METRICS);

  constructor(private readonly options: GatewayMetricsOptions) {}

  /** The media type of {@link text}. */
  get contentType(): string {
    return this.metrics.contentType;
  }

  /** All metrics, in Prometheus's text format 0.0.4. */
  async text(): Promise<string> {
    const { version, counts, readiness, limiter } = this.options;
    const problem = await readiness.problem({ deadlineMs: READY_DEADLINE_MS });
    return this.metrics.of({ version, counts, ready: problem === undefined, rateLimited: limiter?.refused });
  }
}
