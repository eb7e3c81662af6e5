import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import type { TracerLogger } from '../tracer-options.js';

type Callback = Parameters<SpanExporter['export']>[1];
type Outcome = Parameters<Callback>[0];

/** Long enough for what a socket says; what a collector answers is not logged. */
const MAX_REASON = 200;

/** Says once that spans are lost, and once that they are not any more, instead of at each attempt. */
export class WatchedExporter implements SpanExporter {
  private failing = false;
  private lost = 0;

  constructor(
    private readonly exporter: SpanExporter,
    private readonly logger: TracerLogger,
  ) {}

  export(spans: ReadableSpan[], callback: Callback): void {
    this.exporter.export(spans, (outcome) => {
      this.note(outcome, spans.length);
      callback(outcome);
    });
  }

  shutdown(): Promise<void> {
    return this.exporter.shutdown();
  }

  forceFlush(): Promise<void> {
    return this.exporter.forceFlush?.() ?? Promise.resolve();
  }

  /** A failed outcome has its error with it. */
  private note({ error }: Outcome, spans: number): void {
    if (error === undefined) {
      if (this.failing) this.logger.info({ lost: this.lost }, 'spans are taken again; those from meanwhile are lost');
      this.failing = false;
      this.lost = 0;
      return;
    }
    this.lost += spans;
    if (this.failing) return;
    this.failing = true;
    const reason = error.message.slice(0, MAX_REASON);
    this.logger.warn({ reason }, 'spans cannot be sent to OTEL_EXPORTER_OTLP_ENDPOINT and are lost until they can be');
  }
}
