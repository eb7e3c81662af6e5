import { Inject, Injectable } from '@nestjs/common';
import type { RateLimiter } from '@kvasir/http';
import type { KvStore, StoreStats } from '@kvasir/kv-core';
import { MetricsText } from '@kvasir/metrics';
import type { KvServiceConfig } from '../config/config.js';
import { KV_SERVICE_CONFIG } from '../config/config.token.js';
import { Readiness } from '../operations/health/readiness.js';
import { StoreLifecycle } from '../store/store-lifecycle.js';
import { STORE } from '../store/store.token.js';
import { METRICS } from './declarations.js';
import type { Moment } from './moment.js';
import { ServiceCounts } from './service-counts.js';

/** What to inject for the {@link MetricsOptions}. */
export const METRICS_OPTIONS = Symbol('metrics options');

/** What the metrics are told besides what can be injected. */
export interface MetricsOptions {
  /** kv-service's. */
  readonly version: string;
  /** Undefined: requests have no limit. */
  readonly limiter: RateLimiter | undefined;
}

/** Looks at the service when it is asked to, and says it in Prometheus's words. */
@Injectable()
export class ServiceMetrics {
  private readonly metrics = new MetricsText(METRICS);

  constructor(
    @Inject(METRICS_OPTIONS) private readonly options: MetricsOptions,
    @Inject(KV_SERVICE_CONFIG) private readonly config: KvServiceConfig,
    @Inject(STORE) private readonly store: KvStore,
    private readonly lifecycle: StoreLifecycle,
    private readonly readiness: Readiness,
    private readonly counts: ServiceCounts,
  ) {}

  /** The media type of {@link text}. */
  get contentType(): string {
    return this.metrics.contentType;
  }

  /** All metrics, in Prometheus's text format 0.0.4. */
  async text(): Promise<string> {
    return this.metrics.of(await this.look());
  }

  private async look(): Promise<Moment> {
    const { counts, options, config } = this;
    const [problem, stats] = await Promise.all([this.readiness.problem(), this.stats()]);
    return {
      counts,
      version: options.version,
      engine: config.store.engine,
      ready: problem === undefined,
      rateLimited: options.limiter?.refused,
      stats,
      figures: this.lifecycle.figures(),
      maxMemoryBytes: config.store.maxMemoryBytes,
    };
  }

  /** A store that cannot answer is told by `kvasir_ready`; the other metrics are needed then more than ever. */
  private async stats(): Promise<StoreStats | undefined> {
    return await this.store.stats().catch(() => undefined);
  }
}
