import { SpanStatusCode, type Span as ApiSpan, type TraceState } from '@opentelemetry/api';
import type { TraceContext } from '../trace-context.js';
import type { Span, SpanEnd } from '../tracer.js';
import type { SpanClock } from './span-clock.js';

/** A span of the SDK behind the port. */
export class OtelSpan implements Span {
  private made: TraceContext | undefined;
  /** Called at the end of a span that is recorded. */
  onEnd: (() => void) | undefined;

  constructor(
    private readonly span: ApiSpan,
    private readonly clock: SpanClock,
  ) {}

  get isRecorded(): boolean {
    return this.span.isRecording();
  }

  get context(): TraceContext {
    return (this.made ??= contextOf(this.span));
  }

  rename(name: string): void {
    this.span.updateName(name);
  }

  end({ attributes, failure, endedAt = performance.now() }: SpanEnd = {}): void {
    const { span } = this;
    if (!span.isRecording()) return;
    if (attributes !== undefined) span.setAttributes(attributes);
    if (failure !== undefined) {
      span.setAttribute('error.type', failure);
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
    span.end(this.clock.unixTime(endedAt));
    this.onEnd?.();
  }
}

function contextOf(span: ApiSpan): TraceContext {
  const { traceId, spanId, traceFlags: flags, traceState } = span.spanContext();
  return { traceId, spanId, flags, state: traceState?.serialize() };
}

/** What came as `tracestate`, handed on as it is: nothing here adds to it. */
export class ForeignTraceState implements TraceState {
  constructor(private readonly text: string) {}

  serialize(): string {
    return this.text;
  }

  get(): undefined {
    return undefined;
  }

  set(): this {
    return this;
  }

  unset(): this {
    return this;
  }
}
