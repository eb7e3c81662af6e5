/** A body: JSON text as a whole, or piece by piece for what is too long to hold. A piece should take a millisecond or less to make: other requests are served between two pieces. */
export type WireBody = string | Iterable<string> | AsyncIterable<string>;

/** Headers besides `Content-Type`, `Content-Length` and those of the connection, which the seam writes. */
export type WireHeaders = Readonly<Record<string, string>>;

export const JSON_CONTENT_TYPE = 'application/json; charset=utf-8';

/** What a handler answers, before it is bytes. */
export class WireAnswer<Body extends WireBody = WireBody> {
  constructor(
    /** 200 to 599. */
    readonly status: number,
    /** Text that already fits the content type. Pieces are sent as UTF-8, each as it comes; they stop being asked for when the client goes away. */
    readonly body: Body,
    readonly headers?: WireHeaders,
    readonly contentType: string = JSON_CONTENT_TYPE,
  ) {}

  /** The same answer with further headers; those given here win. */
  withHeaders(headers: WireHeaders): WireAnswer<Body> {
    return new WireAnswer(this.status, this.body, { ...this.headers, ...headers }, this.contentType);
  }
}
