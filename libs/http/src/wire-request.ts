import type { Span } from '@kvasir/tracing';
import { decodePercent } from './percent-decoding.js';
import type { Caller } from './wire-gate.js';
import type { WireQuery } from './wire-query.js';

/** What a request's headers are read from: names in lower case. Node's `IncomingMessage` is one. */
export interface HeaderSource {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** What a request tells of the route that it came to. */
export interface RouteOfRequest {
  /** `/kv/:key`: segments that start with a colon take any text, `:key` a store key. */
  readonly template: string;
  /** The parameters' names, in order, without their colons. */
  readonly params: readonly string[];
}

export const EMPTY_BODY: Buffer = Buffer.alloc(0);

const NO_STREAM: AsyncIterable<Buffer> = {
  [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true, value: undefined }) }),
};

/** A request as a handler gets it: decoded, read to its end, and free of any framework. */
export class WireRequest {
  /** What requests on behalf of this one are a part of; undefined when it is not traced. Set by the dispatcher. */
  span: Span | undefined;

  constructor(
    /** As it came, in capitals; `HEAD` reaches the handler of `GET`. */
    readonly method: string,
    /** The raw path, percent-encoded as it came: latin1 text, one unit a byte. */
    readonly path: string,
    /** The route that this is a request of. */
    readonly route: RouteOfRequest,
    /** The path parameters' raw segments, in the order of {@link RouteOfRequest.params}. */
    readonly rawParams: readonly string[],
    /** The decoded and valid key of a route with a `:key`; empty for other routes. */
    readonly key: string,
    readonly query: WireQuery,
    /** The whole body; empty when there is none, or when the route's method takes none. At most MAX_BODY_BYTES. */
    readonly body: Buffer,
    private readonly source: HeaderSource,
    /** Who sent it, as the gate said; {@link ANYONE} where there is no gate. */
    readonly caller: Caller,
    /** The body of a route that streams it, in pieces as they come; to be read once. Empty for other routes. */
    readonly stream: AsyncIterable<Buffer> = NO_STREAM,
  ) {}

  /** A header's value; several lines of it joined by a comma. */
  header(name: string): string | undefined {
    const value = this.source.headers[name.toLowerCase()];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  /** A path parameter's raw segment. */
  rawParam(name: string): string {
    const segment = this.rawParams[this.route.params.indexOf(name)];
    if (segment === undefined) throw new Error(`${this.route.template} has no parameter ':${name}'`);
    return segment;
  }

  /**
   * A path parameter, decoded; for the key itself use {@link key}.
   *
   * @throws WireRefusal 400 for bad percent-encoding
   */
  param(name: string): string {
    return decodePercent(this.rawParam(name), `the path parameter '${name}'`);
  }
}
