import { setTimeout as delay } from 'node:timers/promises';
import type { INestApplication } from '@nestjs/common';
import { KvasirHttpAdapter } from '@kvasir/http';
import {
  createHttpApp,
  drainMs,
  hideApiDocs,
  httpOptions,
  listenError,
  listenForHttp,
  rateLimiter,
  renewTlsOnSignal,
  tlsIdentity,
  type ServiceContext,
} from '@kvasir/service';
import type { Logger } from 'pino';
import { accessGate } from './access/access-gate.js';
import { ApiKeys } from './access/api-keys.js';
import { AppModule } from './app.module.js';
import { GrpcTransport } from './apis/rpc/grpc-transport.js';
import { logGrpcThrough } from './apis/rpc/rpc-log.js';
import type { KvServiceConfig } from './config/config.js';
import { ServiceCounts } from './metrics/service-counts.js';
import { serveApiDocs } from './operations/api-docs.js';
import { StoreLifecycle } from './store/store-lifecycle.js';

/** The milliseconds that the store gets to open in before the ports do: a small log is replayed by then, and nobody sees that the service starts. */
const HEAD_START_MS = 500;

/**
 * Opens the store and every port; requests that come while a long log is replayed are told so.
 *
 * @throws StartError or KvError when the store cannot be opened or a port cannot be had
 */
export async function startService(context: ServiceContext<KvServiceConfig>): Promise<void> {
  const { config, logger, version, stop, tracer } = context;
  const keys = openApiKeys(config.access.keysFile, logger);
  const limiter = rateLimiter(config);
  const counts = config.metrics.enabled === 'on' ? new ServiceCounts() : undefined;
  const adapter = new KvasirHttpAdapter({
    ...httpOptions(config, drainMs(config.shutdown)),
    logger,
    maxBodyBytes: config.limits.maxBodyBytes,
    fast: config.http.fast === 'on',
    limiter,
    observer: counts?.http,
    tracer,
    gate: keys && accessGate(keys, config.admin.key),
  });
  // From here on: a certificate may be replaced while the service still starts.
  renewTlsOnSignal(config.tls, adapter, logger);
  const module = AppModule.with(context, { keys, limiter, counts });
  const app = await createHttpApp({ module, adapter, logger, stop, tls: tlsIdentity(config.tls) });
  if (config.web.docs === 'on') serveApiDocs(app, adapter, version, keys !== undefined);
  else hideApiDocs(app, adapter);
  const opened = app.get(StoreLifecycle).open();
  await Promise.race([opened, delay(HEAD_START_MS)]);
  // Awaited again below; until then its failure has somebody who waits for it.
  opened.catch(() => undefined);
  const { ports: wanted, host } = config.http;
  const ports = await listenForHttp(app, adapter, wanted, host);
  const grpcPort = config.grpc.port === 0 ? undefined : await listenForGrpc(app, config.grpc, logger);
  const fields = { ports, host, grpcPort, store: config.store.engine, version };
  logger.info(fields, 'kv-service is listening');
  await opened;
  if (!stop.hasBegun) logger.info(fields, 'kv-service is ready');
}

/** The API keys, read again at each SIGHUP; undefined for a service without. */
function openApiKeys(path: string | undefined, logger: Logger): ApiKeys | undefined {
  if (path === undefined) {
    logger.warn(
      'API_KEYS_FILE is not set: whoever reaches the ports of this service may read and change all of its data',
    );
    return undefined;
  }
  const keys = new ApiKeys(path, logger);
  process.on('SIGHUP', () => keys.reload());
  return keys;
}

/** @returns the gRPC port */
async function listenForGrpc(
  app: INestApplication,
  { port, host }: KvServiceConfig['grpc'],
  logger: Logger,
): Promise<number> {
  logGrpcThrough(logger);
  const transport = app.get(GrpcTransport);
  app.connectMicroservice({ strategy: transport });
  try {
    await app.startAllMicroservices();
  } catch (error) {
    const portSetting = 'GRPC_PORT or --grpc-port (0 turns gRPC off)';
    throw listenError(error, { host, port, portSetting, hostSetting: 'GRPC_HOST' });
  }
  return transport.port;
}
