import type { INestApplication } from '@nestjs/common';
import type { Logger } from 'pino';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** Which service stops, and how. */
export interface StopOptions {
  /** The service's name in log lines. */
  readonly name: string;
  readonly logger: Logger;
  /** Milliseconds that stopping may take. */
  readonly timeoutMs: number;
}

/**
 * Stops a service at SIGTERM or SIGINT: requests in progress are answered, what is open is closed, and the process ends with status 0, or with 1 when that takes longer than
 * `timeoutMs`. A second signal ends it at once.
 */
export function stopOnSignal(app: INestApplication, { name, logger, timeoutMs }: StopOptions): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) {
      logger.warn({ signal }, `a second signal: ${name} ends at once`);
      process.exit(1);
    }
    stopping = true;
    logger.info({ signal }, `${name} stops`);
    setTimeout(() => {
      logger.error({ timeoutMs }, `${name} did not stop in time and ends at once`);
      process.exit(1);
    }, timeoutMs).unref();
    app.close().then(
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
  for (const signal of SIGNALS) process.on(signal, stop);
}
