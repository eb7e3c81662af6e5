import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { ServiceStop } from './service-stop.js';
import type { ShutdownTimes } from './settings.js';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** Which service stops, and how. */
export interface StopOptions extends ShutdownTimes {
  /** The service's name in log lines. */
  readonly name: string;
  readonly logger: Logger;
}

/**
 * Stops a service at SIGTERM or SIGINT: it is not ready from then on; after `delayMs` its ports close, requests in progress are answered, what is open is closed, and the process ends with
 * status 0, or with 1 when all that takes longer than `timeoutMs`. A second signal ends it at once.
 */
export function stopOnSignal(stop: ServiceStop, { name, logger, timeoutMs, delayMs }: StopOptions): void {
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stop.hasBegun) {
      logger.warn({ signal }, `a second signal: ${name} ends at once`);
      process.exit(1);
    }
    logger.info({ signal }, `${name} stops`);
    setTimeout(() => {
      logger.error({ timeoutMs }, `${name} did not stop in time and ends at once`);
      process.exit(1);
    }, timeoutMs).unref();
    stop.begin();
    closeAfter(delayMs, stop).then(
      () => {
        logger.info(`${name} has stopped`);
        process.exit(0);
      },
      (error: unknown) => {
        logger.error({ err: error }, `${name} did not stop cleanly`);
        process.exit(1);
      },
    );
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
}

async function closeAfter(delayMs: number, stop: ServiceStop): Promise<void> {
  if (delayMs > 0) await delay(delayMs);
  await stop.close();
}
