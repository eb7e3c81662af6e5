import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { BodyAbortedError } from './body-reader.js';
import type { NodeExchange } from './http-exchange.js';
import { ReencodedConnection } from './reencoded-connection.js';

/** Connections whose request may take longer than any other. */
const streaming = new WeakSet<Socket>();

/** Whether a body comes over this connection that is as long as it is: the time limit of whole requests is not for it. A client that sends nothing at all is still cut off. */
export function isStreamingBody(socket: Socket): boolean {
  return streaming.has(socket);
}

/**
 * A request's body in pieces as they come, for a handler that wants it so; nothing is read before the first is asked for, and no more than is asked for. Leaving it early leaves the connection as it
 * is, so that a refusal can be sent. Read once.
 *
 * @throws BodyAbortedError when the client goes away before its body is whole
 */
export async function* bodyStream(exchange: NodeExchange): AsyncGenerator<Buffer, void, undefined> {
  const { req, res } = exchange;
  const { socket } = req;
  if (exchange.awaitsContinue) {
    exchange.awaitsContinue = false;
    res.writeContinue();
  }
  streaming.add(socket);
  res.once('close', () => streaming.delete(socket));
  try {
    for await (const piece of req.iterator({ destroyOnReturn: false })) yield piece as Buffer;
  } catch (error) {
    if (req.complete) throw error;
    throw new BodyAbortedError();
  }
  // Nothing more comes from the client; what is done with its body may take long. Node sets the limit again for the next request.
  timedSocket(socket).setTimeout(0);
}

/** A connection that was re-encoded has no time limit of its own: its socket has. */
function timedSocket(connection: Duplex): Socket {
  return connection instanceof ReencodedConnection ? connection.socket : (connection as Socket);
}
