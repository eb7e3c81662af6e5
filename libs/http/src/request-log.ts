import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { HttpExchange } from './http-exchange.js';
import type { RequestHead } from './http-messages.js';
import type { HttpLogger } from './http-logger.js';
import { splitTarget } from './raw-path.js';
import { traceContextOf } from './request-span.js';
import { ANYONE } from './wire-gate.js';

const GIVEN_ID = /^[\x21-\x7e]{1,128}$/;

/** Of ids that are made here: tells the processes apart. */
const PROCESS_ID = randomBytes(6).toString('base64url');

/** What has headers as Node gives them. */
interface Headed {
  readonly headers: IncomingHttpHeaders;
}

const ids = new WeakMap<Headed, string>();
let made = 0;

/**
 * What all lines about one request have in common: its `x-request-id`, its trace id, or a new one. For log lines only: requests of which nothing is said pay nothing.
 */
export function requestId(req: Headed): string {
  let id = ids.get(req);
  if (id === undefined) ids.set(req, (id = givenId(req.headers) ?? `${PROCESS_ID}-${++made}`));
  return id;
}

function givenId(headers: IncomingHttpHeaders): string | undefined {
  const own = headers['x-request-id'];
  if (typeof own === 'string' && GIVEN_ID.test(own)) return own;
  return traceContextOf(headers)?.traceId;
}

/** The path as it came. A query, and the user and password of an absolute address, are nobody's business. */
export function pathOf(req: RequestHead): string | undefined {
  // Express is given another one.
  const { url = '', originalUrl = url } = req as RequestHead & { readonly originalUrl?: string };
  return splitTarget(originalUrl)?.path;
}

/** Logs a request once it is answered: who asked for which key and what became of it, and how long that took. Never a value, nor a header. */
export function logWhenAnswered(logger: HttpLogger, exchange: HttpExchange): void {
  const { req, res } = exchange;
  const startedAt = performance.now();
  res.once('close', () => {
    const { api, request, span } = exchange;
    const where =
      request === undefined
        ? { path: pathOf(req) }
        : { route: request.route.template, ...(request.key === '' ? {} : { key: request.key }) };
    const who = request === undefined || request.caller === ANYONE ? {} : { caller: request.caller.name };
    const ms = Math.round((performance.now() - startedAt) * 1000) / 1000;
    logger.debug(
      {
        id: requestId(req),
        // Undefined members are left out.
        traceId: span?.context.traceId ?? traceContextOf(req.headers)?.traceId,
        api: api.name,
        method: req.method,
        ...where,
        ...who,
        status: res.statusCode,
        sent: res.writableFinished,
        ms,
      },
      'request',
    );
  });
}

/** Tells operators of an error that nobody expected. */
export function logUnexpected(logger: HttpLogger, exchange: HttpExchange, error: unknown): void {
  logger.error({ err: error, ...nameOf(exchange) }, 'a request failed unexpectedly');
}

/** Tells operators why an answer ended before it was whole: its client sees nothing but the end of the connection. */
export function logCutShort(logger: HttpLogger, exchange: HttpExchange, why: string): void {
  logger.warn(nameOf(exchange), `an answer was cut short: ${why}`);
}

function nameOf({ req, api }: HttpExchange): object {
  return { id: requestId(req), api: api.name, method: req.method, path: pathOf(req) };
}
