import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { KvasirHttpAdapter } from '@kvasir/http';
import { Logger as NestLogger } from 'nestjs-pino';
import type { Logger } from 'pino';
import { serveApiDocs } from './api-docs.js';
import { AppModule } from './app.module.js';
import type { TestClientConfig } from './config/config.js';

/** The part of the shutdown's time that runs under way get to clean up and to be answered. */
const DRAIN_SHARE = 0.75;

/** No request has a body that says anything; this much is read to say so. */
const MAX_BODY_BYTES = 16 * 1024;

/**
 * Starts the test client.
 *
 * @throws when the port cannot be had; nothing is left running then
 */
export async function startService(
  config: TestClientConfig,
  logger: Logger,
  version: string,
): Promise<INestApplication> {
  const adapter = new KvasirHttpAdapter({
    logger,
    maxBodyBytes: MAX_BODY_BYTES,
    timeouts: { drainMs: config.shutdown.timeoutMs * DRAIN_SHARE },
  });
  const app = await NestFactory.create(AppModule.with(config, logger), adapter, {
    bufferLogs: true,
    abortOnError: false,
    routeResolutionStrategy: 'specificity',
  });
  app.useLogger(app.get(NestLogger));
  try {
    serveApiDocs(app, adapter, version);
    await app.listen(config.http.port, config.http.host);
    const { port } = adapter.getHttpServer().address() as { port: number };
    logger.info(
      { ports: [port], host: config.http.host, kvServiceUrl: config.target.url, version },
      'test-client is listening',
    );
    return app;
  } catch (error) {
    await app.close();
    throw error;
  }
}
