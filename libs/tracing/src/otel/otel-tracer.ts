import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  ROOT_CONTEXT,
  SpanKind as ApiSpanKind,
  trace,
  type Context,
  type Tracer as ApiTracer,
} from '@opentelemetry/api';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { SamplingDecision, TracerProvider, type Sampler } from '@opentelemetry/sdk-trace';
import type { TracerOptions } from '../tracer-options.js';
import type { TraceContext } from '../trace-context.js';
import type { Span, SpanKind, SpanStart, Tracer } from '../tracer.js';
import { ForeignTraceState, OtelSpan } from './otel-span.js';
import { PrimedIds } from './primed-ids.js';
import { samplerOf } from './samplers.js';
import { SpanClock } from './span-clock.js';
import { SpanLosses } from './span-losses.js';
import { SpanQueue } from './span-queue.js';
import { UnrecordedSpan } from './unrecorded-span.js';

const KINDS: Readonly<Record<SpanKind, ApiSpanKind>> = {
  server: ApiSpanKind.SERVER,
  client: ApiSpanKind.CLIENT,
  internal: ApiSpanKind.INTERNAL,
};

/** OpenTelemetry's SDK behind the port. Its globals are left alone: nothing else of the process makes spans. */
export class OtelTracer implements Tracer {
  private readonly provider: TracerProvider;
  private readonly tracer: ApiTracer;
  private readonly running = new AsyncLocalStorage<Span | undefined>();
  /** How many spans that {@link current} may have to find have not ended yet. */
  private entered = 0;

  /** While it is used, an AsyncLocalStorage of Node.js before 24 has a part in every promise of the process: with nobody to be found it is turned off, until the next `run`. */
  private readonly leave = (): void => {
    if (--this.entered === 0) this.running.disable();
  };

  private readonly clock = new SpanClock();
  private readonly ids = new PrimedIds();
  private readonly sampler: Sampler;

  constructor(options: TracerOptions) {
    const { serviceName, serviceVersion, protocol, logger, scheduleDelayMs, maxQueueSize } = options;
    const own = resourceFromAttributes({
      'service.name': serviceName,
      'service.version': serviceVersion,
      'service.instance.id': randomUUID(),
    });
    const exporter = protocol === 'http/json' ? new JsonExporter() : new ProtobufExporter();
    this.sampler = samplerOf(options.sampler, options.samplerRatio);
    this.provider = new TracerProvider({
      idGenerator: this.ids,
      // OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME win.
      resource: defaultResource()
        .merge(own)
        .merge(detectResources({ detectors: [envDetector] })),
      sampler: this.sampler,
      spanProcessors: [new SpanQueue(exporter, new SpanLosses(logger), { scheduleDelayMs, maxQueueSize })],
    });
    this.tracer = this.provider.getTracer('kvasir', serviceVersion);
  }

  start({ name, kind, parent, attributes = {}, startedAt = performance.now() }: SpanStart): Span {
    const { ids } = this;
    const context = parent === undefined ? ROOT_CONTEXT : contextFor(parent);
    const traceId = parent?.traceId ?? ids.generateTraceId();
    // The SDK asks once more, and is told the same.
    const { decision } = this.sampler.shouldSample(context, traceId, name, KINDS[kind], attributes, []);
    if (decision === SamplingDecision.NOT_RECORD) return new UnrecordedSpan(traceId, parent?.state, ids);
    if (parent === undefined) ids.prime(traceId);
    const options = { kind: KINDS[kind], attributes, startTime: this.clock.unixTime(startedAt) };
    return new OtelSpan(this.tracer.startSpan(name, options, context), this.clock);
  }

  within<Result>(span: Span, work: () => Result): Result {
    if (!(span instanceof OtelSpan) || !span.isRecorded) return this.outside(work);
    this.entered++;
    span.onEnd = this.leave;
    return this.running.run(span, work);
  }

  current(): Span | undefined {
    const span = this.running.getStore();
    return span?.isRecorded === true ? span : undefined;
  }

  async close(maxMs: number): Promise<void> {
    // What fails has been logged, and there is nobody else to tell.
    const closed = this.provider.shutdown().catch(() => undefined);
    await Promise.race([closed, delay(maxMs)]);
  }

  /** A request may begin while the answer to another one is written, and so in the midst of what belongs to that one's span. */
  private outside<Result>(work: () => Result): Result {
    return this.running.getStore() === undefined ? work() : this.running.run(undefined, work);
  }
}

function contextFor({ traceId, spanId, flags: traceFlags, state }: TraceContext): Context {
  const traceState = state === undefined ? undefined : new ForeignTraceState(state);
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, traceState, isRemote: true });
}
