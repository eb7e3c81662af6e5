import { KvasirHttpAdapter } from '@kvasir/http';
import { createHttpApp, drainMs, listenForHttp, type ServiceContext } from '@kvasir/service';
import { serveApiDocs } from './api-docs.js';
import { AppModule } from './app.module.js';
import type { TestClientConfig } from './config/config.js';

/** No request has a body that says anything; this much is read to say so. */
const MAX_BODY_BYTES = 16 * 1024;

/**
 * Starts the test client.
 *
 * @throws StartError when the port cannot be had
 */
export async function startService(context: ServiceContext<TestClientConfig>): Promise<void> {
  const { config, logger, version, stop, tracer } = context;
  const adapter = new KvasirHttpAdapter({
    logger,
    maxBodyBytes: MAX_BODY_BYTES,
    tracer,
    timeouts: { drainMs: drainMs(config.shutdown) },
  });
  const app = await createHttpApp({ module: AppModule.with(config, logger, tracer), adapter, logger, stop });
  serveApiDocs(app, adapter, version);
  const { port, host } = config.http;
  const ports = await listenForHttp(app, adapter, [port], host);
  logger.info({ ports, host, kvServiceUrl: config.target.url, version }, 'test-client is listening');
}
