import type { IncomingHttpHeaders } from 'node:http';
import { WireAnswer, type WireHeaders } from '../wire-answer.js';

/** Which web pages of other sites may read answers: their origins, exactly as a browser sends them, or all. */
export type CorsOrigins = '*' | readonly string[];

const ALLOWED_METHODS = 'GET, HEAD, PUT, POST, DELETE';

/** What a request may carry: the body's type, the key, and what traces and ids are passed on with. */
const ALLOWED_HEADERS = 'Authorization, Content-Type, Traceparent, Tracestate, X-Api-Key, X-Request-Id';

/** What a page may read of an answer besides its body, its type and its length. */
const EXPOSED_HEADERS = 'Allow, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id';

/** How long a browser need not ask again, in seconds; browsers cut it at 2 hours or a day. */
const MAX_AGE_SECONDS = '7200';

const NONE: WireHeaders = {};

/**
 * Cross-origin resource sharing (https://fetch.spec.whatwg.org/#http-cors-protocol): says in each answer whether the page of another site that asked may read it.
 *
 * Credentials (cookies) are never allowed: whoever calls an API sends its key in a header, which a page of another site has to know.
 */
export class Cors {
  private readonly all: boolean;
  private readonly grants: ReadonlyMap<string, WireHeaders>;
  /** The answer depends on who asked, for caches on the way. */
  private readonly refused: WireHeaders;

  constructor(origins: CorsOrigins) {
    this.all = origins === '*';
    this.refused = this.all ? NONE : { Vary: 'Origin' };
    const named = origins === '*' ? ['*'] : origins;
    this.grants = new Map(named.map((origin) => [origin, this.grantTo(origin)]));
  }

  /** The headers that go into an answer, to any request. */
  headersFor({ origin }: IncomingHttpHeaders): WireHeaders {
    return (origin === undefined ? undefined : this.grants.get(this.all ? '*' : origin)) ?? this.refused;
  }

  /** The answer to a preflight, the browser's question before a request that it does not send unasked; undefined for any other request. */
  preflight(method: string, headers: IncomingHttpHeaders): WireAnswer<string> | undefined {
    if (method !== 'OPTIONS' || headers.origin === undefined) return undefined;
    if (headers['access-control-request-method'] === undefined) return undefined;
    const granted = this.headersFor(headers) !== this.refused;
    return new WireAnswer(
      204,
      '',
      granted
        ? {
            'Access-Control-Allow-Methods': ALLOWED_METHODS,
            'Access-Control-Allow-Headers': ALLOWED_HEADERS,
            'Access-Control-Max-Age': MAX_AGE_SECONDS,
          }
        : NONE,
    );
  }

  private grantTo(origin: string): WireHeaders {
    return {
      'Access-Control-Allow-Origin': origin,
      'Access-Control-Expose-Headers': EXPOSED_HEADERS,
      ...this.refused,
    };
  }
}
