import type { Cors } from './browser/cors.js';
import type { HttpExchange } from './http-exchange.js';
import type { RateLimiter } from './limits/rate-limiter.js';
import { WireAnswer } from './wire-answer.js';
import { ANYONE, type Caller, type WireGate } from './wire-gate.js';
import { WireRefusal } from './wire-refusal.js';
import type { WireMatch } from './wire-router.js';

/** The client's side of `Expect` (RFC 9110 section 10.1.1): nothing, `100-continue`, or something that nobody knows. */
export type Expectation = 'nothing' | 'continue' | 'unknown';

/** Who is asked whether a request may go on. */
export interface AdmissionOptions {
  readonly gate?: WireGate;
  /** Counts requests and refuses those that come too soon; default: none is refused. */
  readonly limiter?: RateLimiter;
  /** Which web pages of other sites may read answers; default: none. */
  readonly cors?: Cors;
}

/**
 * Decides whether a request may go on, by its route and its headers alone: before its key is decoded, its body read or its handler called. Notes in the exchange whose request it is, so that a refusal has the
 * form of that API.
 *
 * @param isStopping the service takes no more requests
 * @returns who sent it, or the answer to a browser's question before a request that it does not send unasked
 * @throws WireRefusal
 */
export function admit(
  exchange: HttpExchange,
  path: string,
  match: WireMatch,
  expectation: Expectation,
  isStopping: boolean,
  { gate, limiter, cors }: AdmissionOptions,
): Caller | WireAnswer<string> {
  const { req } = exchange;
  const { headers, method = '' } = req;
  if (match.kind === 'refusal') exchange.api = match.api;
  else if (match.kind === 'route') {
    exchange.route = match.route;
    exchange.api = match.route.api;
  }
  if (headers.host === undefined && req.httpVersion === '1.1')
    throw new WireRefusal(400, 'the request has no Host header, which HTTP/1.1 asks for');
  if (expectation === 'unknown')
    throw new WireRefusal(417, `'Expect: ${headers.expect}' is not known here; only 100-continue is`);
  if (isStopping) throw new WireRefusal(503, 'the service is stopping', { headers: { 'Retry-After': '1' } });
  // A browser sends no key with it.
  const preflight = cors?.preflight(method, headers);
  const caller = gate === undefined || preflight !== undefined ? ANYONE : gate(method, path, headers);
  const excess = limiter?.refusal(path, caller, req);
  if (excess !== undefined) throw excess;
  if (caller instanceof WireRefusal) throw caller;
  return preflight ?? caller;
}
