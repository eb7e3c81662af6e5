import type { Server } from 'node:net';
import type { HttpLogger } from '../http-logger.js';

/** A flood of connections must not become a flood of log lines. */
const LOG_INTERVAL_MS = 60_000;

/**
 * Takes at most so many connections at once: what comes past that is closed before a byte of it is read. The log says so at once, and then at most once a minute.
 *
 * @param now milliseconds, never running backwards
 */
export function limitConnections(
  server: Server,
  maxConnections: number,
  logger: HttpLogger,
  now: () => number = () => performance.now(),
): void {
  server.maxConnections = maxConnections;
  let refused = 0;
  let loggedAt = -Infinity;
  server.on('drop', () => {
    refused++;
    if (now() - loggedAt < LOG_INTERVAL_MS) return;
    loggedAt = now();
    logger.error({ maxConnections, refused }, 'connections are refused: as many as MAX_CONNECTIONS allows are open');
    refused = 0;
  });
}
