import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
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

/**
 * Checks what the headers say of a body, before any of it is read.
 *
 * @throws WireRefusal 415 for another media type, charset or content coding; 413 for a declared length over the limit; 501 for a transfer coding besides `chunked`
 */
export function checkBodyHeaders({ headers, rawHeaders }: IncomingMessage, maxBytes: number): void {
  checkContentType(headers['content-type']);
  refuseSecondContentType(rawHeaders);
  const coding = headers['content-encoding'];
  if (coding !== undefined && coding.trim().toLowerCase() !== 'identity') {
    throw new WireRefusal(415, `the content coding '${coding}' is not taken; send the body as it is (identity)`, {
      headers: { 'Accept-Encoding': 'identity' },
    });
  }
  const transfer = headers['transfer-encoding'];
  if (transfer !== undefined && transfer.trim().toLowerCase() !== 'chunked') {
    throw new WireRefusal(501, `the transfer coding '${transfer}' is not taken; only chunked is`);
  }
  if (Number(headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
}

/** Node keeps the first of several lines; whoever looks at the request on its way may go by another. */
function refuseSecondContentType(rawHeaders: readonly string[]): void {
  let lines = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (name.length === CONTENT_TYPE.length && name.toLowerCase() === CONTENT_TYPE) lines++;
  }
  if (lines > 1)
    throw new WireRefusal(415, `the Content-Type is given ${lines} times; it must be application/json, once`);
}

function checkContentType(contentType: string | undefined): void {
  if (contentType === 'application/json') return;
  if (contentType === undefined)
    throw new WireRefusal(415, 'the body has no Content-Type; it must be application/json');
  const [type = '', ...parameters] = contentType.toLowerCase().split(';');
  if (type.trim() !== 'application/json')
    throw new WireRefusal(415, `the Content-Type '${contentType}' is not taken; it must be application/json`);
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
 * @throws WireRefusal 413 as soon as more than `maxBytes` have come; what still comes is the caller's to discard
 * @throws BodyAbortedError when the connection ends first
 */
export function readBody(req: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const stop = (): void => {
      req.off('data', onData);
      req.off('end', onEnd);
      req.off('close', onClose);
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > maxBytes) {
        stop();
        reject(tooLarge(maxBytes));
      } else {
        chunks.push(chunk);
      }
    };
    const onEnd = (): void => {
      stop();
      resolve(joined(chunks, size));
    };
    const onClose = (): void => {
      stop();
      reject(new BodyAbortedError());
    };
    req.on('data', onData);
    req.on('end', onEnd);
    req.on('close', onClose);
    if (req.destroyed) onClose();
  });
}

function joined(chunks: readonly Buffer[], size: number): Buffer {
  const [first] = chunks;
  if (first === undefined) return EMPTY_BODY;
  return chunks.length === 1 ? first : Buffer.concat(chunks, size);
}

function tooLarge(maxBytes: number): WireRefusal {
  return new WireRefusal(413, `the body is larger than ${maxBytes} bytes`);
}
