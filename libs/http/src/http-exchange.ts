import type { Span } from '@kvasir/tracing';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHead, ResponseTarget } from './http-messages.js';
import type { PlainRequest } from './plain/plain-request.js';
import type { PlainResponse } from './plain/plain-response.js';
import type { WireAnswer } from './wire-answer.js';
import type { WireApi } from './wire-errors.js';
import type { WireRequest } from './wire-request.js';
import type { WireRoute } from './wire-router.js';

/** One request on its way to its answer. */
export abstract class HttpExchange {
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

  abstract readonly req: RequestHead;
  abstract readonly res: ResponseTarget;

  constructor(
    /** Whose error form holds; set anew by the router's match. */
    public api: WireApi,
  ) {}

  /** The time at the first look at the request, and right behind the end of its answer; by `performance.now()`. */
  now(): number {
    return performance.now();
  }
}

/** Where the exchange of a request that goes through Express is found. */
const EXCHANGE = Symbol('exchange');

type Carrier = IncomingMessage & { [EXCHANGE]?: NodeExchange };

/** A request that Node's HTTP read. */
export class NodeExchange extends HttpExchange {
  constructor(
    override readonly req: IncomingMessage,
    override readonly res: ServerResponse,
    api: WireApi,
    /** The client waits for `100 Continue` before it sends its body. */
    public awaitsContinue: boolean,
  ) {
    super(api);
  }

  /** Makes the exchange known to the pipeline of Express and Nest. */
  attach(): void {
    (this.req as Carrier)[EXCHANGE] = this;
  }

  /** The exchange that was attached to a request. */
  static of(req: IncomingMessage): NodeExchange | undefined {
    return (req as Carrier)[EXCHANGE];
  }
}

/** A request that came in its plainest form, and was read whole without Node's HTTP. */
export class PlainExchange extends HttpExchange {
  constructor(
    override readonly req: PlainRequest,
    override readonly res: PlainResponse,
    api: WireApi,
  ) {
    super(api);
  }

  /** Its connection has looked at the clock at these moments already. */
  override now(): number {
    return this.res.movedAt;
  }
}
