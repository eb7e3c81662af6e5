import { setTimeout as sleep } from 'node:timers/promises';
import type { TraceHeaders } from '@kvasir/tracing';
import { Pool, type Dispatcher } from 'undici';
import { checkedApiKey } from './api-key.js';
import { baseUrl } from './base-url.js';
import { checkedTrace } from './call-trace.js';
import { ConnectionFailedError, TimedOutError } from './errors.js';
import type { HttpAnswer, HttpRequest } from './http-message.js';

/** Options of a client. */
export interface HttpTransportOptions {
  /** Milliseconds that a call may take, its retries and the whole answer included; 1 to 2^31 - 1, default 10,000. */
  readonly timeoutMs?: number;
  /** How many times a request that is safe to repeat is sent again after a failed connection or a 503; default 2. */
  readonly retries?: number;
  /** The longest body of an answer, in bytes; default 16 MiB. */
  readonly maxAnswerBytes?: number;
  /** The most connections at once, each kept alive; further requests wait. Default 64. */
  readonly connections?: number;
  /** Sent as `x-api-key` with every request; default: nothing. Visible ASCII characters without spaces. */
  readonly apiKey?: string;
}

/** Options of one call. */
export interface CallOptions {
  /** Instead of the client's own. */
  readonly timeoutMs?: number;
  /** Ends the call, which then fails with the signal's reason. The service may have done what it was asked. */
  readonly signal?: AbortSignal;
  /** The trace that the call is a part of, by W3C Trace Context: sent as `traceparent` and `tracestate`. Default: none. */
  readonly trace?: TraceHeaders | undefined;
}

const DEFAULTS: Required<Omit<HttpTransportOptions, 'apiKey'>> = {
  timeoutMs: 10_000,
  retries: 2,
  maxAnswerBytes: 16 * 1024 * 1024,
  connections: 64,
};

type Headers = Readonly<Record<string, string>>;

/** The longest time that Node's timers take. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Before the first retry; twice as long before each further one. */
const FIRST_PAUSE_MS = 50;

/**
 * Sends requests to one service over connections that are kept alive, and follows no redirect: an answer is what this service said.
 *
 * Repeated on its own is a GET, and any request that cannot have reached the service because there was no connection.
 * Never repeated is a write whose answer was lost. To repeat a PUT or DELETE of `/kv` would leave the same entries, but
 * with a second revision, over what others wrote meanwhile, and with a 404 for a DELETE that the first attempt did:
 * whoever can judge that repeats it. A call that has timed out is not repeated either: its time is used up.
 */
export class HttpTransport {
  /** The service's address without a slash at its end. */
  readonly url: string;
  private readonly options: typeof DEFAULTS;
  private readonly headers: Headers;
  private readonly jsonHeaders: Headers;
  private readonly basePath: string;
  private readonly pool: Pool;

  /**
   * @param url `http:` or `https:`; a path in it comes before every request's own
   * @throws TypeError for any other URL, and for one with a user name, a password, a query or a fragment
   * @throws RangeError for options out of bounds, an API key that no header carries included
   */
  constructor(url: string | URL, options: HttpTransportOptions = {}) {
    const { origin, path } = baseUrl(url);
    this.url = origin + path;
    this.basePath = path;
    this.options = {
      timeoutMs: checked('timeoutMs', options.timeoutMs ?? DEFAULTS.timeoutMs, 1, MAX_TIMER_MS),
      retries: checked('retries', options.retries ?? DEFAULTS.retries, 0, 100),
      maxAnswerBytes: checked('maxAnswerBytes', options.maxAnswerBytes ?? DEFAULTS.maxAnswerBytes, 1, 2 ** 29),
      connections: checked('connections', options.connections ?? DEFAULTS.connections, 1, 65_535),
    };
    this.headers = options.apiKey === undefined ? {} : { 'x-api-key': checkedApiKey(options.apiKey) };
    this.jsonHeaders = { ...this.headers, 'content-type': 'application/json' };
    this.pool = new Pool(origin, {
      connections: this.options.connections,
      // One timer of our own covers a call from its first moment to the last byte; an answer that drips gets no more time.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: { timeout: this.options.timeoutMs },
    });
  }

  /**
   * Sends a request and reads the whole answer, whatever its status.
   *
   * @throws ConnectionFailedError
   * @throws TimedOutError
   * @throws RangeError for a `timeoutMs` out of bounds, or a `trace` that is none
   */
  async send(request: HttpRequest, call: CallOptions = {}): Promise<HttpAnswer> {
    const timeoutMs = checked('timeoutMs', call.timeoutMs ?? this.options.timeoutMs, 1, MAX_TIMER_MS);
    const headers = this.headersOf(request, call);
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), timeoutMs);
    const signal = call.signal === undefined ? timeout.signal : AbortSignal.any([call.signal, timeout.signal]);
    try {
      return await this.sendWithRetries(request, headers, signal);
    } catch (error) {
      if (call.signal?.aborted === true) throw call.signal.reason;
      if (timeout.signal.aborted) throw new TimedOutError(timeoutMs, { cause: error });
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Closes all connections. Calls that are under way fail with a {@link ConnectionFailedError}. */
  async close(): Promise<void> {
    await this.pool.destroy();
  }

  private headersOf({ body }: HttpRequest, { trace }: CallOptions): Headers {
    const headers = body === undefined ? this.headers : this.jsonHeaders;
    if (trace === undefined) return headers;
    const { traceparent, tracestate } = checkedTrace(trace);
    return { ...headers, traceparent, ...(tracestate !== undefined && { tracestate }) };
  }

  private async sendWithRetries(request: HttpRequest, headers: Headers, signal: AbortSignal): Promise<HttpAnswer> {
    for (let attempt = 0; ; attempt++) {
      const isLast = attempt >= this.options.retries;
      try {
        // oxlint-disable-next-line no-await-in-loop -- one attempt after the other
        const answer = await this.sendOnce(request, headers, signal);
        if (isLast || answer.status !== 503 || request.method !== 'GET') return answer;
      } catch (error) {
        const failure = asConnectionFailure(error);
        if (isLast || signal.aborted || (request.method !== 'GET' && failure.mayHaveArrived)) throw failure;
      }
      // oxlint-disable-next-line no-await-in-loop -- a pause between two attempts
      await sleep(FIRST_PAUSE_MS * 2 ** attempt, undefined, { signal });
    }
  }

  private async sendOnce(
    { method, path, body }: HttpRequest,
    requestHeaders: Headers,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    const response = await this.pool.request({
      method,
      path: this.basePath + path,
      headers: requestHeaders,
      body: body ?? null,
      signal,
    });
    const { bytes, truncated } = await readBounded(response.body, this.options.maxAnswerBytes);
    const headers = Object.entries(response.headers).map(([name, value]) => [name, [value].flat().join(', ')] as const);
    return {
      status: response.statusCode,
      headers: Object.fromEntries(headers),
      body: bytes,
      text: bytes.toString('utf8'),
      truncated,
    };
  }
}

function checked(name: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new RangeError(`${name} is ${value}: allowed is a whole number from ${min} to ${max}`);
}

async function readBounded(
  body: Dispatcher.ResponseData['body'],
  maxBytes: number,
): Promise<{ bytes: Buffer; truncated: boolean }> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    // Leaving the loop destroys the body, and the connection with it: nobody wants the rest.
    if (length > maxBytes) break;
  }
  const truncated = length > maxBytes;
  return { bytes: Buffer.concat(chunks, truncated ? maxBytes : length), truncated };
}

/** The system calls before a request is sent. */
const CONNECTING: ReadonlySet<unknown> = new Set(['connect', 'getaddrinfo']);

/** What Node's and undici's errors say of themselves. */
interface SystemError {
  readonly message?: string;
  readonly code?: string;
  readonly syscall?: string;
  /** Of an AggregateError: one error for each address of a name. */
  readonly errors?: readonly SystemError[];
}

function isBeforeConnection({ code, syscall, errors }: SystemError): boolean {
  if (errors !== undefined) return errors.every(isBeforeConnection);
  return code === 'UND_ERR_CONNECT_TIMEOUT' || CONNECTING.has(syscall);
}

function textOf({ message = '', errors = [] }: SystemError): string {
  // An AggregateError has a text for each address, and none for itself.
  return message === '' ? [...new Set(errors.map(textOf))].join('; ') : message;
}

function asConnectionFailure(error: unknown): ConnectionFailedError {
  const failure = error as SystemError;
  return new ConnectionFailedError(textOf(failure), !isBeforeConnection(failure), { cause: error });
}
