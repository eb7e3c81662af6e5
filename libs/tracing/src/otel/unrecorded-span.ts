import type { IdGenerator } from '@opentelemetry/sdk-trace';
import type { TraceContext } from '../trace-context.js';
import type { Span } from '../tracer.js';

/** A span that is sent to nobody: the decision that it is not recorded, for those who are called on its behalf. The SDK's own takes four times as long to make. */
export class UnrecordedSpan implements Span {
  readonly isRecorded = false;
  private made: TraceContext | undefined;

  constructor(
    private readonly traceId: string,
    private readonly state: string | undefined,
    private readonly ids: IdGenerator,
  ) {}

  get context(): TraceContext {
    const { traceId, state, ids } = this;
    return (this.made ??= { traceId, spanId: ids.generateSpanId(), flags: 0, state });
  }

  rename(): void {}

  end(): void {}
}
