import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { RequestHead } from '../http-messages.js';
import { EMPTY_BODY } from '../wire-request.js';

/** Longer request lines and headers are left to Node, which knows their limit. */
const MAX_HEAD_BYTES = 8192;

/** Longer header sections are not kept: idle connections would each hold a thousand strings. */
const MAX_KEPT_BYTES = 2048;

const NO_RAW_HEADERS: readonly string[] = [];

/** A request that was read whole. Its headers may be those of other requests too: nobody changes them. */
export class PlainRequest implements RequestHead {
  readonly httpVersion = '1.1';
  /** No header comes twice, so that nobody need look here. */
  readonly rawHeaders = NO_RAW_HEADERS;

  constructor(
    readonly method: string,
    readonly url: string,
    readonly headers: IncomingHttpHeaders,
    readonly body: Buffer,
    readonly socket: Socket,
  ) {}
}

const METHODS: readonly string[] = ['GET', 'PUT', 'POST', 'DELETE', 'HEAD'];
const BODY_METHODS: ReadonlySet<string> = new Set(['PUT', 'POST']);

const LINE_END = '\r\n';
const HEAD_END = '\r\n\r\n';
const VERSION = ' HTTP/1.1';

/** RFC 3986's characters of a path and a query. */
const PLAIN_TARGET = /^\/[\w\-.~%!$&'()*+,;=:@/?]*$/;

/** A field line as most programs write it: a token, a colon, one space, and visible characters with single or more spaces between them (RFC 9112 section 5). */
const FIELD_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const FIELD_VALUE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;
const SEPARATOR = ': ';

const DIGITS = /^\d{1,9}$/;

/** What these say of a message or a connection is Node's to understand; the last two have a meaning of their own as names of an object's members or in Node's. */
const NOT_PLAIN: ReadonlySet<string> = new Set([
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'set-cookie',
  '__proto__',
]);

/** The header section of a request. */
interface Fields {
  /** As it came, from the end of the request line to the empty line, both line ends with it. */
  readonly text: string;
  readonly headers: IncomingHttpHeaders;
  /** Bytes of the body; undefined where no length is given. */
  readonly contentLength: number | undefined;
}

const NO_FIELDS: Fields = { text: HEAD_END, headers: {}, contentLength: undefined };

/**
 * Reads the requests of one connection, as far as they are of the plainest form there is: HTTP/1.1, one of five methods, a path, each header once and none that changes how a message is read, and nothing
 * behind it. Whatever is not surely that, Node's parser reads.
 *
 * Programs send the same headers again and again, so those of the last request are kept, and need not be read when they come anew.
 */
export class PlainRequestReader {
  private last = NO_FIELDS;

  /** @returns undefined for bytes that are not exactly one plain request; how many bytes it has for the first part of one, of which only the body is not complete */
  read(bytes: Buffer, socket: Socket): PlainRequest | number | undefined {
    const text = bytes.toString('latin1', 0, Math.min(bytes.length, MAX_HEAD_BYTES));
    const method = methodOf(text);
    if (method === undefined) return undefined;
    const lineEnd = text.indexOf(LINE_END, method.length);
    const targetEnd = lineEnd - VERSION.length;
    if (targetEnd <= method.length || !text.startsWith(VERSION, targetEnd)) return undefined;
    const fields = text.startsWith(this.last.text, lineEnd) ? this.last : fieldsOf(text, lineEnd);
    if (fields === undefined) return undefined;
    if (fields.text.length <= MAX_KEPT_BYTES) this.last = fields;
    const { text: fieldsText, headers, contentLength } = fields;
    const headEnd = lineEnd + fieldsText.length;
    const end = headEnd + (contentLength ?? 0);
    if (bytes.length > end || (contentLength !== undefined && !BODY_METHODS.has(method))) return undefined;
    if (bytes.length < end) return end;
    // Not cut out of the text, which would live as long as a key that is cut out of the target.
    const target = bytes.toString('latin1', method.length + 1, targetEnd);
    if (!PLAIN_TARGET.test(target)) return undefined;
    const body = headEnd === bytes.length ? EMPTY_BODY : bytes.subarray(headEnd);
    return new PlainRequest(method, target, headers, body, socket);
  }
}

function methodOf(text: string): string | undefined {
  for (const method of METHODS) {
    if (text.startsWith(method) && text.charCodeAt(method.length) === 0x20) return method;
  }
  return undefined;
}

/** @param start where the request line's end is */
function fieldsOf(head: string, start: number): Fields | undefined {
  const end = head.indexOf(HEAD_END, start);
  if (end < 0) return undefined;
  // Kept for as long as the connection is, and the rest of the head is not to be kept with it.
  const text = Buffer.from(head.slice(start, end + HEAD_END.length), 'latin1').toString('latin1');
  const headers: IncomingHttpHeaders = {};
  for (const line of end === start ? [] : text.slice(LINE_END.length, -HEAD_END.length).split(LINE_END)) {
    const separator = line.indexOf(SEPARATOR);
    const name = line.slice(0, Math.max(separator, 0));
    const value = line.slice(separator + SEPARATOR.length);
    if (!FIELD_NAME.test(name) || !FIELD_VALUE.test(value)) return undefined;
    const key = name.toLowerCase();
    if (NOT_PLAIN.has(key) || headers[key] !== undefined) return undefined;
    headers[key] = value;
  }
  const { 'content-length': length, connection } = headers;
  if (connection !== undefined && connection.toLowerCase() !== 'keep-alive') return undefined;
  if (length !== undefined && !DIGITS.test(length)) return undefined;
  return { text, headers, contentLength: length === undefined ? undefined : Number(length) };
}
