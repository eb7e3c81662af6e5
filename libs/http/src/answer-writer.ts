import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { NodeExchange, type HttpExchange } from './http-exchange.js';
import type { ResponseTarget } from './http-messages.js';
import type { WireAnswer, WireBody } from './wire-answer.js';

const NO_CONTENT = 204;

/** A body that comes piece by piece. */
export type Pieces = Exclude<WireBody, string>;

/** How an answer leaves. */
export interface WriteOptions {
  /** Say `Connection: close`, and close after the answer. */
  readonly close: boolean;
  /** With `close`: how long, in milliseconds, to go on discarding what the client still sends, so that it can read the answer; 0 for not at all. */
  readonly lingerMs: number;
}

/** Writes an answer whose body is text. */
export function writeText(exchange: HttpExchange, answer: WireAnswer<string>, options: WriteOptions): void {
  const { req, res } = exchange;
  const text = answer.body;
  const headers = headersOf(answer, options.close);
  // RFC 9110 section 8.6: a 204 has no length.
  if (answer.status !== NO_CONTENT) headers.push('Content-Length', String(Buffer.byteLength(text)));
  res.writeHead(answer.status, headers);
  const body = req.method === 'HEAD' ? '' : text;
  if (options.close && options.lingerMs > 0 && exchange instanceof NodeExchange) {
    if (body === '') exchange.res.flushHeaders();
    else res.write(body);
    linger(exchange.req, exchange.res, options.lingerMs);
  } else {
    res.end(body);
  }
}

/**
 * Writes an answer whose body comes in pieces. No piece is asked for before the client has taken most of the last one, and each waits for the next turn of the event loop, so
 * that a long listing does not hold up other requests. A client that goes away ends the iteration.
 *
 * The first piece is made before the headers are sent.
 *
 * @throws whatever the iteration throws; when `res.headersSent` it is too late for another answer, and the connection has been cut so that the client cannot take what it has for the whole
 */
export async function writePieces(
  { req, res }: HttpExchange,
  answer: WireAnswer<Pieces>,
  options: WriteOptions,
): Promise<void> {
  const pieces = answer.body;
  const iterator = Symbol.asyncIterator in pieces ? pieces[Symbol.asyncIterator]() : pieces[Symbol.iterator]();
  const headers = headersOf(answer, options.close);
  // HTTP/1.0 has no chunks; there the end of the connection is the end of the body.
  if (req.httpVersion === '1.1') headers.push('Transfer-Encoding', 'chunked');
  if (req.method === 'HEAD') {
    await iterator.return?.();
    res.writeHead(answer.status, headers);
    res.end();
    return;
  }
  let done = false;
  try {
    let piece = await iterator.next();
    if (!res.destroyed) res.writeHead(answer.status, headers);
    while (!res.destroyed && !(done = piece.done === true)) {
      const taken = res.write(piece.value);
      if (!taken) await drainedOrClosed(res);
      // Also behind a drain: a socket that takes all at once says so within the same turn.
      await nextTurn();
      if (!res.destroyed) piece = await iterator.next();
    }
    if (done) res.end();
  } catch (error) {
    done = true;
    if (res.headersSent) res.destroy();
    throw error;
  } finally {
    if (!done) await iterator.return?.();
  }
}

function headersOf(answer: WireAnswer, close: boolean): string[] {
  const headers =
    answer.status === NO_CONTENT
      ? ['X-Content-Type-Options', 'nosniff']
      : ['Content-Type', answer.contentType, 'X-Content-Type-Options', 'nosniff'];
  if (answer.headers !== undefined)
    for (const [name, value] of Object.entries(answer.headers)) headers.push(name, value);
  if (close) headers.push('Connection', 'close');
  return headers;
}

function drainedOrClosed(res: ResponseTarget): Promise<void> {
  if (res.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      res.off('drain', done);
      res.off('close', done);
      resolve();
    };
    res.on('drain', done);
    res.on('close', done);
  });
}

/**
 * Ends a response whose body is sent, but whose request is not wholly read, without a reset: a socket closed over unread data makes the client's system drop the answer
 * (RFC 9112 section 9.6). What comes is discarded until the client has sent all, closes, or the time is over.
 */
function linger(req: IncomingMessage, res: ServerResponse, lingerMs: number): void {
  const end = (): void => {
    clearTimeout(timer);
    req.off('end', end);
    req.off('close', end);
    if (!res.destroyed) res.end();
  };
  const timer = setTimeout(end, lingerMs);
  req.on('end', end);
  req.on('close', end);
  req.resume();
}
