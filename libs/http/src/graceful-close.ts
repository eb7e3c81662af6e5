import type * as http from 'node:http';
import type * as https from 'node:https';
import * as net from 'node:net';
import type { Socket } from 'node:net';

// How often connections that have become idle are looked for while draining.
const SWEEP_MS = 25;

// How long idle connections are kept: what their clients have just sent is on its way, and its answer tells them to close. No more than this share of the time to drain.
const IDLE_MS = 100;
const IDLE_SHARE = 0.25;

/**
 * Stops listening and waits until all connections are gone. Each answer closes its connection; those that stay idle for a moment are closed; after `drainMs` milliseconds the rest is cut off.
 *
 * A request is served if its bytes are read before its connection is closed; behind that nothing is read, so that nothing is done whose answer could not be sent.
 *
 * @param sockets the open connections of these servers
 * @param closeOthersIdle closes those that are idle and not known to Node's HTTP
 */
export async function closeServers(
  servers: readonly (http.Server | https.Server)[],
  sockets: ReadonlySet<Socket>,
  drainMs: number,
  closeOthersIdle: () => void,
): Promise<void> {
  // Not the HTTP server's own `close`, which closes idle connections at once. A server that never listened says so with an error; it is closed all the same.
  const closed = servers.map(
    (server) => new Promise<void>((resolve) => void net.Server.prototype.close.call(server, () => resolve())),
  );
  const closeIdle = (): void => {
    // To Node a connection is idle as soon as its answer is written, though the client may not have taken it yet. All wait for such a one: the close as a whole does so anyway.
    if (![...sockets].some((socket) => socket.writableLength > 0)) {
      for (const server of servers) server.closeIdleConnections();
      closeOthersIdle();
    }
    // To Node a connection that has not sent anything yet is in the midst of a request.
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
  };
  const cutOff = (): void => {
    for (const server of servers) server.closeAllConnections();
    for (const socket of sockets) socket.destroy();
  };
  let sweep: NodeJS.Timeout | undefined;
  const idle = setTimeout(
    () => {
      closeIdle();
      // An answer whose headers had left before the close began does not end its connection.
      sweep = setInterval(closeIdle, SWEEP_MS);
    },
    Math.min(IDLE_MS, drainMs * IDLE_SHARE),
  );
  const deadline = setTimeout(cutOff, drainMs);
  await Promise.all(closed);
  clearTimeout(idle);
  clearInterval(sweep);
  clearTimeout(deadline);
  // Ends what is left of the HTTP servers: their watch over slow connections.
  for (const server of servers) server.close();
}
