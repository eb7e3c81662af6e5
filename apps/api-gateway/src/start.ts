import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { KvasirHttpAdapter } from '@kvasir/http';
import { Logger as NestLogger } from 'nestjs-pino';
import type { Logger } from 'pino';
import { serveApiDocs } from './api-docs.js';
import { AppModule } from './app.module.js';
import { apiKeyGate } from './auth/api-key-gate.js';
import { ApiKeys } from './auth/api-keys.js';
import { acceptedKeys, type GatewayConfig } from './config/config.js';
import { GATEWAY_API } from './gateway.api.js';

/** The part of the shutdown's time that requests in progress get. */
const DRAIN_SHARE = 0.75;

/**
 * Starts the gateway; kv-service need not be there yet.
 *
 * @throws when the port cannot be had; nothing is left running then
 */
export async function startService(config: GatewayConfig, logger: Logger, version: string): Promise<INestApplication> {
  const adapter = new KvasirHttpAdapter({
    logger,
    maxBodyBytes: config.http.maxBodyBytes,
    timeouts: { drainMs: config.shutdown.timeoutMs * DRAIN_SHARE },
    fallbackApi: GATEWAY_API,
    gate: apiKeyGate(new ApiKeys(acceptedKeys(config))),
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
      { ports: [port], host: config.http.host, kvGrpcUrl: config.upstream.address, version },
      'api-gateway is listening',
    );
    return app;
  } catch (error) {
    await app.close();
    throw error;
  }
}
