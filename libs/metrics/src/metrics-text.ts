import { collectDefaultMetrics, Registry } from 'prom-client';
import { register, type MetricDeclaration } from './declared-metric.js';

/** How often the delay of the event loop is looked at: each look wakes the process. */
const EVENT_LOOP_PRECISION_MS = 20;

/** Says a service's metrics, and those of its process, in Prometheus's text format. */
export class MetricsText<Source> {
  private readonly process = new Registry();

  /** Begins to watch the process. */
  constructor(private readonly declarations: readonly MetricDeclaration<Source>[]) {
    collectDefaultMetrics({ register: this.process, eventLoopMonitoringPrecision: EVENT_LOOP_PRECISION_MS });
  }

  /** The media type of {@link of}. */
  get contentType(): string {
    return this.process.contentType;
  }

  /** All metrics, as they are read out of one look at the service; the format's version is 0.0.4. */
  async of(source: Source): Promise<string> {
    const own = new Registry();
    for (const declaration of this.declarations) register(own, declaration, () => source);
    return (await own.metrics()) + (await this.process.metrics());
  }
}
