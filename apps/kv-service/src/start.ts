import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Logger as NestLogger, PinoLogger } from 'nestjs-pino';
import type { Logger } from 'pino';
import { AppModule } from './app.module.js';
import { GrpcTransport } from './apis/rpc/grpc-transport.js';
import type { KvServiceConfig } from './config/config.js';
import { drainMs } from './config/drain-time.js';
import { KvasirHttpAdapter } from '@kvasir/http';
import { serveApiDocs } from './operations/api-docs.js';

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
    timeouts: { drainMs: drainMs(config) },
  });
  const app = await NestFactory.create(AppModule.with(config, logger), adapter, {
    // From the first line on: what goes wrong before there is an application is a log line like any other.
    logger: new NestLogger(new PinoLogger({ pinoHttp: { logger } }), {}),
    abortOnError: false,
    routeResolutionStrategy: 'specificity',
  });
  try {
    serveApiDocs(app, adapter, version);
    const ports = await listen(app, adapter, config);
    const grpcPort = config.grpc.port === 0 ? undefined : await listenForGrpc(app);
    logger.info(
      { ports, host: config.http.host, grpcPort, store: config.store.engine, version },
      'kv-service is listening',
    );
    return { app, ports };
  } catch (error) {
    await app.close();
    throw error;
  }
}

/** @returns the gRPC port */
async function listenForGrpc(app: INestApplication): Promise<number> {
  const transport = app.get(GrpcTransport);
  app.connectMicroservice({ strategy: transport });
  await app.startAllMicroservices();
  return transport.port;
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
