import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Logger as NestLogger } from 'nestjs-pino';
import type { Logger } from 'pino';
import { AppModule } from './app.module.js';
import type { KvServiceConfig } from './config/config.js';
import { KvasirHttpAdapter } from './http/kvasir-http-adapter.js';
import { serveApiDocs } from './operations/api-docs.js';

/** The part of the shutdown's time that requests in progress get; the rest is for the log. */
const DRAIN_SHARE = 0.75;

/** A service that answers. */
export interface RunningService {
  readonly app: INestApplication;
  /** The HTTP ports, in the order of the configuration. */
  readonly ports: readonly number[];
}

/**
 * Opens the store, then listens on every port.
 *
 * @throws when the store cannot be opened or a port cannot be had; nothing is left running then
 */
export async function startService(config: KvServiceConfig, logger: Logger, version: string): Promise<RunningService> {
  const adapter = new KvasirHttpAdapter({
    logger,
    maxBodyBytes: config.limits.maxBodyBytes,
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
    const ports = await listen(app, adapter, config);
    logger.info({ ports, host: config.http.host, store: config.store.engine, version }, 'kv-service is listening');
    return { app, ports };
  } catch (error) {
    await app.close();
    throw error;
  }
}

async function listen(app: INestApplication, adapter: KvasirHttpAdapter, config: KvServiceConfig): Promise<number[]> {
  const { host, ports } = config.http;
  const [first = 0, ...others] = ports;
  await app.listen(first, host);
  const bound = [(adapter.getHttpServer().address() as { port: number }).port];
  for (const port of others) {
    // oxlint-disable-next-line no-await-in-loop -- in order, so that the first port that is taken is the one named
    bound.push((await adapter.listenAlso(port, host)).port);
  }
  return bound;
}
