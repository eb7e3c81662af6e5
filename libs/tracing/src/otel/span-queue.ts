import { BatchSpanProcessor, type ReadableSpan, type SpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace';
import type { SpanLosses } from './span-losses.js';

type Callback = Parameters<SpanExporter['export']>[1];

/** The most spans in one request to the collector. */
const MAX_BATCH = 512;

/** How spans wait to be sent. */
export interface SpanQueueOptions {
  /** Milliseconds after which spans are sent at the latest. */
  readonly scheduleDelayMs: number;
  /** The most spans that wait; what comes past that is lost. */
  readonly maxQueueSize: number;
}

/** Spans that wait to be sent, as the SDK's processor has them. It drops what has no place without a word: what comes past its limit is counted here instead, and not handed to it. */
export class SpanQueue implements SpanProcessor {
  private readonly processor: BatchSpanProcessor;
  private waiting = 0;

  constructor(
    private readonly exporter: SpanExporter,
    private readonly losses: SpanLosses,
    private readonly options: SpanQueueOptions,
  ) {
    const { scheduleDelayMs, maxQueueSize } = options;
    this.processor = new BatchSpanProcessor({
      exporter: {
        export: (spans, callback) => this.send(spans, callback),
        shutdown: () => exporter.shutdown(),
      },
      scheduledDelayMillis: scheduleDelayMs,
      maxQueueSize,
      maxExportBatchSize: Math.min(MAX_BATCH, maxQueueSize),
    });
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if (this.waiting >= this.options.maxQueueSize) {
      this.losses.overflowed(this.waiting);
      return;
    }
    // Before: it may be sent at once.
    this.waiting++;
    this.processor.onEnd(span);
  }

  forceFlush(): Promise<void> {
    return this.processor.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.processor.shutdown();
  }

  private send(spans: ReadableSpan[], callback: Callback): void {
    this.waiting -= spans.length;
    this.exporter.export(spans, (outcome) => {
      // A failed outcome has its error with it.
      if (outcome.error === undefined) this.losses.sent();
      else this.losses.failed(spans.length, outcome.error.message);
      callback(outcome);
    });
  }
}
