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
import { MetricsKey } from './auth/metrics-key.js';
import { acceptedKeys, type GatewayConfig } from './config/config.js';
import { GATEWAY_API } from './gateway.api.js';
import { GatewayCounts } from './metrics/gateway-counts.js';

/**
 * Starts the gateway; kv-service need not be there yet.
 *
 * @throws StartError when the port cannot be had
 */
export async function startService(context: ServiceContext<GatewayConfig>): Promise<void> {
  const { config, logger, version, stop, tracer } = context;
  const limiter = rateLimiter(config);
  const metricsKey = config.metrics.key === undefined ? undefined : new MetricsKey(config.metrics.key);
  const counts = metricsKey === undefined ? undefined : new GatewayCounts();
  const adapter = new KvasirHttpAdapter({
    ...httpOptions(config, drainMs(config.shutdown)),
    logger,
    maxBodyBytes: config.http.maxBodyBytes,
    limiter,
    observer: counts?.http,
    tracer,
    fallbackApi: GATEWAY_API,
    gate: apiKeyGate(new ApiKeys(acceptedKeys(config)), metricsKey),
  });
  // From here on: a certificate may be replaced while the service still starts.
  renewTlsOnSignal(config.tls, adapter, logger);
  const module = AppModule.with(context, counts, limiter);
  const app = await createHttpApp({ module, adapter, logger, stop, tls: tlsIdentity(config.tls) });
  if (config.web.docs === 'on') serveApiDocs(app, adapter, version, metricsKey !== undefined);
  else hideApiDocs(app, adapter);
  const { port, host } = config.http;
  const ports = await listenForHttp(app, adapter, [port], host);
  logger.info({ ports, host, kvGrpcUrl: config.upstream.address, version }, 'api-gateway is listening');
}
