import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { RequestHead } from './http-messages.js';
import { divertBody, restoreBody, type BodySink } from './express-messages.js';
import { BodyCollector, type BodyBudget } from './limits/body-collector.js';
import { WireRefusal } from './wire-refusal.js';
import { EMPTY_BODY } from './wire-request.js';

/** The client went away, or was cut off, before its body was whole: there is nobody to answer. */
export class BodyAbortedError extends Error {
  constructor() {
    super('the client went away before its body was whole');
    this.name = 'BodyAbortedError';
  }
}

const CONTENT_TYPE = 'content-type';

/** Whether a request has a body at all (RFC 9112 section 6.3). */
export function hasBody(headers: IncomingHttpHeaders): boolean {
  return (
    headers['transfer-encoding'] !== undefined ||
    (headers['content-length'] !== undefined && Number(headers['content-length']) !== 0)
  );
}

/** Whether a transfer coding is one that is taken. */
export function isChunked(transferEncoding: string): boolean {
  return transferEncoding.trim().toLowerCase() === 'chunked';
}

/**
 * Checks what the headers say of a body, before any of it is read.
 *
 * @throws WireRefusal 415 for another media type, charset or content coding; 413 for a declared length over the limit; 501 for a transfer coding besides `chunked`
 */
export function checkBodyHeaders(
  { headers, rawHeaders }: RequestHead,
  maxBytes: number,
  mediaType = 'application/json',
): void {
  checkContentType(headers['content-type'], mediaType);
  refuseSecondContentType(rawHeaders, mediaType);
  const coding = headers['content-encoding'];
  if (coding !== undefined && coding.trim().toLowerCase() !== 'identity') {
    throw new WireRefusal(415, `the content coding '${coding}' is not taken; send the body as it is (identity)`, {
      headers: { 'Accept-Encoding': 'identity' },
    });
  }
  const transfer = headers['transfer-encoding'];
  if (transfer !== undefined && !isChunked(transfer)) {
    throw new WireRefusal(501, `the transfer coding '${transfer}' is not taken; only chunked is`);
  }
  if (Number(headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
}

/** Node keeps the first of several lines; whoever looks at the request on its way may go by another. */
function refuseSecondContentType(rawHeaders: readonly string[], mediaType: string): void {
  let lines = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (name.length === CONTENT_TYPE.length && name.toLowerCase() === CONTENT_TYPE) lines++;
  }
  if (lines > 1) throw new WireRefusal(415, `the Content-Type is given ${lines} times; it must be ${mediaType}, once`);
}

function checkContentType(contentType: string | undefined, mediaType: string): void {
  if (contentType === mediaType) return;
  if (contentType === undefined) throw new WireRefusal(415, `the body has no Content-Type; it must be ${mediaType}`);
  const [type = '', ...parameters] = contentType.toLowerCase().split(';');
  if (type.trim() !== mediaType)
    throw new WireRefusal(415, `the Content-Type '${contentType}' is not taken; it must be ${mediaType}`);
  for (const parameter of parameters) {
    const [name = '', value = ''] = parameter.split('=');
    if (name.trim() === 'charset' && !/^"?utf-?8"?$/.test(value.trim())) {
      throw new WireRefusal(415, `the charset ${value.trim()} is not taken; JSON is sent as utf-8`);
    }
  }
}

/**
 * Reads a body to its end. A body that arrived in one piece is not copied.
 *
 * @param budget what all bodies that are arriving share
 * @throws WireRefusal 413 as soon as more than `maxBytes` have come, 503 when the budget is used up; what still comes is the caller's to discard
 * @throws BodyAbortedError when the connection ends first
 */
export function readBody(req: IncomingMessage, maxBytes: number, budget: BodyBudget): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const collector = new BodyCollector(budget, maxBytes);
    const refuse = (error: Error): void => {
      restoreBody(req);
      collector.release();
      reject(error);
    };
    const sink: BodySink = {
      piece: (bytes) => {
        if (collector.size + bytes.length > maxBytes) refuse(tooLarge(maxBytes));
        else if (!collector.add(bytes)) refuse(tooMany());
      },
      end: () => resolve(collector.size === 0 ? EMPTY_BODY : collector.finish()),
      abort: () => refuse(new BodyAbortedError()),
    };
    if (req.destroyed) sink.abort();
    else divertBody(req, sink);
  });
}

/**
 * Asks for a body that came as a whole what is asked for one that comes in pieces: whether there is room for it.
 *
 * @throws WireRefusal 503 when the budget is used up
 */
export function checkRoom(body: Buffer, budget: BodyBudget): void {
  const collector = new BodyCollector(budget, body.length);
  if (!collector.add(body)) throw tooMany();
  collector.release();
}

function tooLarge(maxBytes: number): WireRefusal {
  return new WireRefusal(413, `the body is larger than ${maxBytes} bytes`);
}

function tooMany(): WireRefusal {
  return new WireRefusal(503, 'there is no room left for large request bodies: too many are arriving; try again', {
    headers: { 'Retry-After': '1' },
  });
}
