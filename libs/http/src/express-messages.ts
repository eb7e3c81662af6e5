import { IncomingMessage, ServerResponse } from 'node:http';

/** The prototypes that an Express application gives to the messages that it handles. */
export interface ExpressPrototypes {
  request: object;
  response: object;
}

/** Message classes for `http.createServer`. */
export interface MessageClasses {
  readonly IncomingMessage: typeof IncomingMessage;
  readonly ServerResponse: typeof ServerResponse;
}

/** Gets a body as the parser finds it. After `end` or `abort` nothing more comes. */
export interface BodySink {
  piece(bytes: Buffer): void;
  end(): void;
  /** The connection ended before the body did. */
  abort(): void;
}

const SINK = Symbol('sink');

interface Diverted extends IncomingMessage {
  [SINK]: BodySink | undefined;
}

/**
 * Has the parser hand the body of a request to a sink, past the request's own stream, whose listeners, buffers and ticks cost more than a small body does.
 *
 * @param req made by one of {@link expressMessages}'s classes, its body not read by anybody
 */
export function divertBody(req: IncomingMessage, sink: BodySink): void {
  (req as Diverted)[SINK] = sink;
  // What came while the request waited for its turn is in the stream.
  if (req.readableLength === 0 && !req.complete) return;
  const there = req.read() as Buffer | null;
  if (there !== null) sink.piece(there);
  // Lets the stream end, too.
  req.resume();
  if (!req.complete) return;
  (req as Diverted)[SINK] = undefined;
  sink.end();
}

/** Leaves the rest of a diverted body to the stream. */
export function restoreBody(req: IncomingMessage): void {
  (req as Diverted)[SINK] = undefined;
}

/**
 * Message classes whose instances an Express application takes as they are. Express sets the prototype of each message that it handles, which makes every later access to it slow; with the
 * right prototype from birth there is nothing to set.
 *
 * They are ES classes, whose prototypes cannot be replaced, so Express is told to use theirs. V8 lays the objects of a derived class out as those of its base; a function that calls
 * Node's constructor on objects of its own makes them grow property by property, into dictionaries: 4 µs more a request.
 */
export function expressMessages(express: ExpressPrototypes): MessageClasses {
  class ExpressRequest extends IncomingMessage implements Diverted {
    [SINK]: BodySink | undefined = undefined;

    /** Node's parser calls it for each piece of the body, and with null at its end. */
    override push(piece: Buffer | null, encoding?: BufferEncoding): boolean {
      const sink = this[SINK];
      if (sink === undefined) return super.push(piece, encoding);
      if (piece !== null) {
        sink.piece(piece);
        return true;
      }
      this[SINK] = undefined;
      const ended = super.push(null);
      sink.end();
      return ended;
    }

    override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
      const sink = this[SINK];
      this[SINK] = undefined;
      sink?.abort();
      super._destroy(error, callback);
    }
  }
  class ExpressResponse<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {}
  Object.setPrototypeOf(ExpressRequest.prototype, express.request);
  Object.setPrototypeOf(ExpressResponse.prototype, express.response);
  express.request = ExpressRequest.prototype;
  express.response = ExpressResponse.prototype;
  return { IncomingMessage: ExpressRequest, ServerResponse: ExpressResponse };
}
