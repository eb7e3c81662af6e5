import { status as Status, type handleUnaryCall, type Metadata } from '@grpc/grpc-js';
import { KEY_VALUE_SERVICE_NAME } from '@kvasir/contracts';
import { parseTraceContext, type Span, type TraceContext, type Tracer } from '@kvasir/tracing';

type Unary = handleUnaryCall<object, object>;

/** Statuses that tell of something wrong on this side, by the semantic conventions; the others are about the caller. */
const FAILURES: ReadonlySet<Status> = new Set([
  Status.UNKNOWN,
  Status.DEADLINE_EXCEEDED,
  Status.UNIMPLEMENTED,
  Status.INTERNAL,
  Status.UNAVAILABLE,
  Status.DATA_LOSS,
]);

/** What a rpc is traced with. */
export interface RpcTracing {
  readonly tracer: Tracer;
  /** Whether names of keys are said, as in the log at debug. */
  readonly withKeys: () => boolean;
}

/** Where in which trace a call was made, if it says so. */
export function traceContextOf(metadata: Metadata): TraceContext | undefined {
  return parseTraceContext(joined(metadata, 'traceparent'), joined(metadata, 'tracestate'));
}

/** The same handler, with a span for each of its calls; the handler itself when there are no traces. */
export function tracedUnary(tracing: RpcTracing | undefined, rpc: string, unary: Unary): Unary {
  if (tracing === undefined) return unary;
  const { tracer } = tracing;
  const name = `${KEY_VALUE_SERVICE_NAME}/${rpc}`;
  const attributes = { 'rpc.system': 'grpc', 'rpc.service': KEY_VALUE_SERVICE_NAME, 'rpc.method': rpc };
  return (call, callback) => {
    const span = tracer.start({ name, kind: 'server', parent: traceContextOf(call.metadata), attributes });
    tracer.within(span, () =>
      unary(call, (error, ...answer) => {
        callback(error, ...answer);
        endSpan(span, error?.code ?? Status.OK, tracing.withKeys() ? call.request : {});
      }),
    );
  };
}

function endSpan(span: Span, code: Status, { key }: { readonly key?: string }): void {
  span.end({
    attributes: { 'rpc.grpc.status_code': code, 'kvasir.key': key },
    failure: FAILURES.has(code) ? Status[code] : undefined,
  });
}

function joined(metadata: Metadata, name: string): string | undefined {
  const values = metadata.get(name);
  return values.length === 0 ? undefined : values.join(',');
}
