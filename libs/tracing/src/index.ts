export { openTracer } from './open-tracer.js';
export { parseTraceContext, traceHeaders, type TraceContext, type TraceHeaders } from './trace-context.js';
export type { Attributes, Span, SpanEnd, SpanKind, SpanStart, Tracer } from './tracer.js';
export type { TracerLogger, TracerOptions, TraceSampler } from './tracer-options.js';
