/**
 * Where in which trace a request was made (W3C Trace Context, https://www.w3.org/TR/trace-context/).
 */
export interface TraceContext {
  /** 32 lower-case hexadecimal digits, not all zero. */
  readonly traceId: string;
  /** Of the span that made the request: 16 lower-case hexadecimal digits, not all zero. */
  readonly spanId: string;
  /** {@link SAMPLED} and {@link RANDOM}; no other bit. */
  readonly flags: number;
  /** What tracing systems on the way have added, as it came; at most 512 characters. */
  readonly state?: string | undefined;
}

/** A {@link TraceContext} as it travels: header lines of HTTP, metadata of gRPC. */
export interface TraceHeaders {
  /** `00-<trace id>-<span id>-<flags>` */
  readonly traceparent: string;
  readonly tracestate?: string | undefined;
}

/** The caller records this trace. */
export const SAMPLED = 0x01;

/** The trace id is random. */
const RANDOM = 0x02;

/** Version, trace id, span id, flags; later versions may go on behind a dash. */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

const THIS_VERSION = '00';
/** Never a version. */
const NO_VERSION = 'ff';

const NO_TRACE = '0'.repeat(32);
const NO_SPAN = '0'.repeat(16);

/** The most that everybody must pass on. What is longer is not taken. */
const MAX_STATE_LENGTH = 512;
const MAX_STATE_MEMBERS = 32;

/** A key, with or without the name of a tenant, and a value of printable characters without comma, equals sign and a space at its end. */
const STATE_MEMBER =
  /^(?:[a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

/**
 * Reads the context that came with a request. Whatever does not fit counts as not there: a trace is no reason to refuse a request.
 *
 * @param traceparent as it came; several lines joined by a comma are none
 * @param tracestate several lines joined by a comma; one that does not fit is left out, and the rest stays
 */
export function parseTraceContext(
  traceparent: string | undefined,
  tracestate: string | undefined,
): TraceContext | undefined {
  if (traceparent === undefined) return undefined;
  const parts = TRACEPARENT.exec(traceparent);
  if (parts === null) return undefined;
  const [, version, traceId = '', spanId = '', flags = '', rest] = parts;
  if (version === NO_VERSION || (version === THIS_VERSION && rest !== undefined)) return undefined;
  if (traceId === NO_TRACE || spanId === NO_SPAN) return undefined;
  // What other bits mean is for versions to come to say, and must not be passed on as if it were known.
  return { traceId, spanId, flags: parseInt(flags, 16) & (SAMPLED | RANDOM), state: checkedState(tracestate) };
}

/** As it is sent on. */
export function traceHeaders({ traceId, spanId, flags, state }: TraceContext): TraceHeaders {
  const traceparent = `${THIS_VERSION}-${traceId}-${spanId}-0${flags.toString(16)}`;
  return state === undefined ? { traceparent } : { traceparent, tracestate: state };
}

function checkedState(text: string | undefined): string | undefined {
  if (text === undefined || text.length > MAX_STATE_LENGTH) return undefined;
  const members = text
    .split(',')
    .map((member) => member.replace(/^[ \t]+|[ \t]+$/g, ''))
    .filter((member) => member !== '');
  if (members.length === 0 || members.length > MAX_STATE_MEMBERS) return undefined;
  if (!members.every((member) => STATE_MEMBER.test(member))) return undefined;
  const keys = new Set(members.map((member) => member.slice(0, member.indexOf('='))));
  return keys.size === members.length ? members.join(',') : undefined;
}
