import type * as http from 'node:http';
import type * as https from 'node:https';
import type { Socket } from 'node:net';

// How often connections that have become idle are looked for while draining.
const SWEEP_MS = 25;

/**
 * Stops listening and waits until all connections are gone. Idle ones are closed at once and as they become idle; after `drainMs` milliseconds the rest is cut off.
 *
 * @param sockets the open connections of these servers
 */
export async function closeServers(
  servers: readonly (http.Server | https.Server)[],
  sockets: ReadonlySet<Socket>,
  drainMs: number,
): Promise<void> {
  // A server that never listened says so with an error; it is closed all the same.
  const closed = servers.map((server) => new Promise<void>((resolve) => void server.close(() => resolve())));
  // To Node a connection that has not sent anything yet is in the midst of a request.
  for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
  const cutOff = (): void => {
    for (const server of servers) server.closeAllConnections();
    for (const socket of sockets) socket.destroy();
  };
  // An answer whose headers had left before the close began does not end its connection.
  const sweep = setInterval(() => servers.forEach((server) => server.closeIdleConnections()), SWEEP_MS);
  const deadline = setTimeout(cutOff, drainMs);
  await Promise.all(closed);
  clearInterval(sweep);
  clearTimeout(deadline);
}
