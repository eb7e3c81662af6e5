import { RandomIdGenerator, type IdGenerator } from '@opentelemetry/sdk-trace';

/** Random ids, of which the next trace's may be known beforehand: whether a trace is recorded follows from its id. */
export class PrimedIds implements IdGenerator {
  private readonly random = new RandomIdGenerator();
  private next: string | undefined;

  /** What {@link generateTraceId} will give next. */
  prime(traceId: string): void {
    this.next = traceId;
  }

  generateTraceId(): string {
    const { next = this.random.generateTraceId() } = this;
    this.next = undefined;
    return next;
  }

  generateSpanId(): string {
    return this.random.generateSpanId();
  }
}
