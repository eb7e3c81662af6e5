import { KvasirHttpAdapter } from '@kvasir/http';
import {
  createHttpApp,
  drainMs,
  hideApiDocs,
  httpOptions,
  listenForHttp,
  rateLimiter,
  renewTlsOnSignal,
  tlsIdentity,
  type ServiceContext,
} from '@kvasir/service';
import { serveApiDocs } from './api-docs.js';
import { AppModule } from './app.module.js';
import { apiKeyGate } from './auth/api-key-gate.js';
import { ApiKeys } from './auth/api-keys.js';
import { acceptedKeys, type GatewayConfig } from './config/config.js';
import { GATEWAY_API } from './gateway.api.js';

/**
 * Starts the gateway; kv-service need not be there yet.
 *
 * @throws StartError when the port cannot be had
 */
export async function startService(context: ServiceContext<GatewayConfig>): Promise<void> {
  const { config, logger, version, stop } = context;
  const adapter = new KvasirHttpAdapter({
    ...httpOptions(config, drainMs(config.shutdown)),
    logger,
    maxBodyBytes: config.http.maxBodyBytes,
    limiter: rateLimiter(config),
    fallbackApi: GATEWAY_API,
    gate: apiKeyGate(new ApiKeys(acceptedKeys(config))),
  });
  const module = AppModule.with(config, logger, stop);
  const app = await createHttpApp({ module, adapter, logger, stop, tls: tlsIdentity(config.tls) });
  if (config.web.docs === 'on') serveApiDocs(app, adapter, version);
  else hideApiDocs(app, adapter);
  const { port, host } = config.http;
  const ports = await listenForHttp(app, adapter, [port], host);
  renewTlsOnSignal(config.tls, adapter, logger);
  logger.info({ ports, host, kvGrpcUrl: config.upstream.address, version }, 'api-gateway is listening');
}
