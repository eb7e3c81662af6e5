import type { TraceContext } from './trace-context.js';

/** What a span says; names by OpenTelemetry's semantic conventions where it has them, `kvasir.…` elsewhere. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** `server`: a request from outside. `client`: a request to another service. `internal`: neither. */
export type SpanKind = 'server' | 'client' | 'internal';

/** What a span begins with. */
export interface SpanStart {
  /** What kind of work it is, in a few words of which there are few: `GET /kv/:key`. */
  readonly name: string;
  readonly kind: SpanKind;
  /** What it is a part of; without it a trace begins. */
  readonly parent?: TraceContext | undefined;
  readonly attributes?: Attributes;
  /** By `performance.now()`; default now. */
  readonly startedAt?: number;
}

/** How a span ends. */
export interface SpanEnd {
  readonly attributes?: Attributes;
  /** What went wrong, as one of few words: a status, a code; undefined: nothing did. */
  readonly failure?: string | undefined;
  /** By `performance.now()`; default now. */
  readonly endedAt?: number;
}

/** A piece of work with a beginning and an end. */
export interface Span {
  /** What requests on its behalf are sent with. */
  readonly context: TraceContext;
  /** false: it is sent to nobody, and what would be said of it need not be found out. */
  readonly isRecorded: boolean;
  /** Gives it the name that was not known at its start. */
  rename(name: string): void;
  /** To be called once. */
  end(end?: SpanEnd): void;
}

/**
 * Makes spans. Whoever knows one knows it as something that may be there: without it nothing is measured, and no object is made.
 *
 * None of its methods throws.
 */
export interface Tracer {
  start(start: SpanStart): Span;
  /** Calls `work`; whatever it does until the span's end, also later, finds a span that is recorded as {@link current}, and with one that is not finds none. To be called once for a span. */
  within<Result>(span: Span, work: () => Result): Result;
  /** The span on whose behalf the running code works; undefined when it is not recorded, or has ended. */
  current(): Span | undefined;
  /** Sends what has not been sent, for so many milliseconds at most, and ends. */
  close(maxMs: number): Promise<void>;
}
