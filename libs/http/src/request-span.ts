import { parseTraceContext, type Span, type TraceContext, type Tracer } from '@kvasir/tracing';
import { METHODS, type IncomingHttpHeaders } from 'node:http';
import type { HttpExchange } from './http-exchange.js';
import type { RequestHead } from './http-messages.js';
import { CLIENT_GONE } from './request-observer.js';

/** What probes and Prometheus ask every few seconds is nobody's request: a trace of it would tell nothing. */
const UNTRACED = /^\/(?:health(?:\/[^?]*)?|metrics)(?:\?|$)/;

const KNOWN_METHODS: ReadonlySet<string> = new Set(METHODS);

/** The `http.request.method` of one that nobody knows, by the semantic conventions. */
const OTHER_METHOD = '_OTHER';

/** Where in which trace a request was made, if it says so. */
export function traceContextOf(headers: IncomingHttpHeaders): TraceContext | undefined {
  const { traceparent, tracestate } = headers;
  // Node joins several lines of a name that it does not know by a comma.
  return parseTraceContext(traceparent?.toString(), tracestate?.toString());
}

/**
 * Begins the span of a request; none for what probes ask.
 *
 * @param startedAt by `performance.now()`
 */
export function beginRequestSpan(tracer: Tracer, req: RequestHead, startedAt: number): Span | undefined {
  if (UNTRACED.test(req.url ?? '')) return undefined;
  const method = methodOf(req);
  return tracer.start({
    name: method === OTHER_METHOD ? 'HTTP' : method,
    kind: 'server',
    parent: traceContextOf(req.headers),
    attributes: { 'http.request.method': method, 'url.scheme': 'encrypted' in req.socket ? 'https' : 'http' },
    startedAt,
  });
}

/**
 * Ends it with what became of the request. A path with a key in it is left out, and so are values, headers and the query.
 *
 * @param status as for `RequestObserver.answered`
 * @param withKey whether the key is said, as in the log at debug
 */
export function endRequestSpan(span: Span, exchange: HttpExchange, status: number, withKey: boolean): void {
  if (!span.isRecorded) {
    span.end();
    return;
  }
  const { route, api, request, req } = exchange;
  const isGone = status === CLIENT_GONE;
  if (route !== undefined) span.rename(`${methodOf(req)} ${route.template}`);
  span.end({
    attributes: {
      'http.route': route?.template,
      'url.path': route?.params.length === 0 ? route.template : undefined,
      'http.response.status_code': isGone ? undefined : status,
      'kvasir.api': api.name,
      'kvasir.key': withKey && request !== undefined && request.key !== '' ? request.key : undefined,
    },
    failure: isGone ? 'client_gone' : status >= 500 ? String(status) : undefined,
  });
}

function methodOf({ method = '' }: RequestHead): string {
  return KNOWN_METHODS.has(method) ? method : OTHER_METHOD;
}
