import type { Span } from '@kvasir/tracing';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { WireAnswer } from './wire-answer.js';
import type { WireApi } from './wire-errors.js';
import type { WireRequest } from './wire-request.js';
import type { WireRoute } from './wire-router.js';

/** Where the exchange of a request that goes through Express is found. */
const EXCHANGE = Symbol('exchange');

type Carrier = IncomingMessage & { [EXCHANGE]?: HttpExchange };

/** One request on its way to its answer. */
export class HttpExchange {
  /** Whose error form holds; set by the router's match. */
  api: WireApi;
  /** Set by the router's match; undefined for a request that fits none. */
  route: WireRoute | undefined;
  /** By `performance.now()`; -1 when nobody is told of requests, or has been told of this one. */
  startedAt = -1;
  /** Undefined when requests are not traced, or this one is not. */
  span: Span | undefined;
  /** Set once the request is read and decoded. */
  request: WireRequest | undefined;
  /** Set once it is known; it leaves at the end of the turn. */
  answer: WireAnswer<string> | undefined;

  constructor(
    readonly req: IncomingMessage,
    readonly res: ServerResponse,
    api: WireApi,
    /** The client waits for `100 Continue` before it sends its body. */
    public awaitsContinue: boolean,
  ) {
    this.api = api;
  }

  /** Makes the exchange known to the pipeline of Express and Nest. */
  attach(): void {
    (this.req as Carrier)[EXCHANGE] = this;
  }

  /** The exchange that was attached to a request. */
  static of(req: IncomingMessage): HttpExchange | undefined {
    return (req as Carrier)[EXCHANGE];
  }
}
