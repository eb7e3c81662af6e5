import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

const CONNECTION = Symbol('connection');

// Past this many requests that wait for their turn, reading stops until some are answered.
const MAX_WAITING = 32;

type TrackedSocket = Socket & { [CONNECTION]?: ConnectionState };

/** What is known of a connection. */
class ConnectionState {
  /** The answer to the latest request. */
  last: ServerResponse | undefined;
  /** Requests that wait for earlier ones. */
  waiting = 0;
  pausesSoon = false;
  /** The parser's error: nothing more can be read here. */
  broken: NodeJS.ErrnoException | undefined;
}

/**
 * Notes a request that has just been parsed.
 *
 * Requests of one connection are served one after the other: a GET that was sent behind a PUT must see what it wrote (RFC 9112 section 9.3.2 allows more for safe methods
 * alone). Node parses ahead and only keeps the answers in order.
 *
 * @returns the answer to wait for ({@link afterAnswer}), or undefined when this request's turn is now
 */
export function earlierAnswer(req: IncomingMessage, res: ServerResponse): ServerResponse | undefined {
  const state = stateOf(req.socket);
  const earlier = state.last;
  state.last = res;
  // Node gives a response its socket once all earlier ones are sent.
  return res.socket === null ? earlier : undefined;
}

/** Calls `start` once the earlier answer is out, unless the connection ended with it; `fail` instead when the connection can't bring the rest of the request. */
export function afterAnswer(
  earlier: ServerResponse,
  req: IncomingMessage,
  start: () => void,
  fail: (error: NodeJS.ErrnoException) => void,
): void {
  const { socket } = req;
  const state = stateOf(socket);
  if (++state.waiting > MAX_WAITING) pauseBehindPacket(socket, state);
  earlier.once('close', () => {
    if (--state.waiting === MAX_WAITING) socket.resume();
    if (socket.destroyed || socket.writableEnded) return;
    if (state.broken !== undefined && !req.complete) fail(state.broken);
    else start();
  });
}

/** Stops reading once all requests of what was read are known: at the end of each of them Node reads on, paused or not. */
function pauseBehindPacket(socket: Socket, state: ConnectionState): void {
  if (state.pausesSoon) return;
  state.pausesSoon = true;
  process.nextTick(() => {
    state.pausesSoon = false;
    if (state.waiting > MAX_WAITING) socket.pause();
  });
}

/** Notes that nothing more can be read from the connection. @returns false when that was known */
export function markBroken(socket: Socket, error: NodeJS.ErrnoException): boolean {
  const state = stateOf(socket);
  if (state.broken !== undefined) return false;
  state.broken = error;
  return true;
}

/** The answer that is still to be sent, or being sent, to the latest request of a connection. */
export function pendingAnswer(socket: Socket): ServerResponse | undefined {
  const last = (socket as TrackedSocket)[CONNECTION]?.last;
  return last === undefined || last.closed ? undefined : last;
}

function stateOf(socket: Socket): ConnectionState {
  return ((socket as TrackedSocket)[CONNECTION] ??= new ConnectionState());
}
