import { parseTraceContext, traceHeaders, type TraceHeaders } from '@kvasir/tracing';

/**
 * The trace of a call as header lines.
 *
 * @throws RangeError for what is no `traceparent` of W3C Trace Context; a `tracestate` that is none is left out
 */
export function checkedTrace({ traceparent, tracestate }: TraceHeaders): TraceHeaders {
  const context = parseTraceContext(traceparent, tracestate);
  if (context === undefined)
    throw new RangeError(`traceparent is ${JSON.stringify(traceparent)}: allowed is 00-<trace id>-<span id>-<flags>`);
  return traceHeaders(context);
}
