import type { INestApplication } from '@nestjs/common';
import type { Logger } from 'pino';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/**
 * Stops the service at SIGTERM or SIGINT: requests in progress are answered, the log is synced and sealed, and the process ends with status 0, or with 1 when that takes longer than
 * `timeoutMs`. A second signal ends it at once.
 */
export function stopOnSignal(app: INestApplication, logger: Logger, timeoutMs: number): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) {
      logger.warn({ signal }, 'a second signal: kv-service ends at once');
      process.exit(1);
    }
    stopping = true;
    logger.info({ signal }, 'kv-service stops');
    setTimeout(() => {
      logger.error({ timeoutMs }, 'kv-service did not stop in time and ends at once');
      process.exit(1);
    }, timeoutMs).unref();
    app.close().then(
      () => {
        logger.info('kv-service has stopped');
        process.exit(0);
      },
      (error: unknown) => {
        logger.error({ err: error }, 'kv-service did not stop cleanly');
        process.exit(1);
      },
    );
  };
  for (const signal of SIGNALS) process.on(signal, stop);
}
