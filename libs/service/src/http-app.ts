import { Module, type DynamicModule, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { KvasirHttpAdapter, TlsIdentity } from '@kvasir/http';
import { LoggerModule, Logger as NestLogger, PinoLogger } from 'nestjs-pino';
import type { Logger } from 'pino';
import { LogLevelSwitch } from './log-level-switch.js';
import type { ServiceStop } from './service-stop.js';
import { listenError } from './start-error.js';

/** What an application is made with. */
export interface HttpAppOptions {
  readonly module: DynamicModule;
  readonly adapter: KvasirHttpAdapter;
  readonly logger: Logger;
  /** Gets to know how the application is closed; from its begin on, every answer closes its connection. */
  readonly stop: ServiceStop;
  /** With it, HTTP is served over TLS. */
  readonly tls?: TlsIdentity | undefined;
}

/** Nest says at its start, in dozens of lines, what every start is made of. */
const NEST_STARTS = new Set(['NestFactory', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestApplication']);

/** What Nest says of the first port, besides failing. */
const LISTEN_ERROR = /^Error: (?:listen|getaddrinfo) E/;

/** Nest's lines in the service's log; those about each module and route at debug. */
class QuietNestLogger extends NestLogger {
  override log(message: unknown, ...rest: unknown[]): void {
    if (NEST_STARTS.has(String(rest.at(-1)))) this.debug(message, ...rest);
    else super.log(message, ...rest);
  }

  /** A port that cannot be had is told by who wanted it, with what to do about it ({@link listenError}). */
  override error(message: unknown, ...rest: unknown[]): void {
    if (rest.at(-1) === 'NestApplication' && LISTEN_ERROR.test(String(message))) this.debug(message, ...rest);
    else super.error(message, ...rest);
  }
}

/** The application of a service, before it listens. It is closed by the stop. */
export async function createHttpApp({ module, adapter, logger, stop, tls }: HttpAppOptions): Promise<INestApplication> {
  const app = await NestFactory.create(module, adapter, {
    // From the first line on: what goes wrong before there is an application is a log line like any other.
    logger: new QuietNestLogger(new PinoLogger({ pinoHttp: { logger } }), {}),
    abortOnError: false,
    httpsOptions: tls,
    routeResolutionStrategy: 'specificity',
  });
  stop.onBegin(() => adapter.beforeClose());
  stop.closeWith(() => app.close());
  return app;
}

@Module({})
class ServiceLoggerModule {}

/** Nest's loggers on the service's own, and its {@link LogLevelSwitch}. Requests are logged by the HTTP seam; the middleware that would do it for Express has no route. */
export function loggerModule(logger: Logger): DynamicModule {
  return {
    module: ServiceLoggerModule,
    global: true,
    imports: [LoggerModule.forRoot({ pinoHttp: { logger, autoLogging: false }, forRoutes: [] })],
    providers: [{ provide: LogLevelSwitch, useValue: new LogLevelSwitch(logger) }],
    exports: [LogLevelSwitch],
  };
}

/**
 * Listens for HTTP.
 *
 * @param ports at least one; 0 for any free one
 * @returns the ports, in the same order
 * @throws StartError that names the port, when one cannot be had
 */
export async function listenForHttp(
  app: INestApplication,
  adapter: KvasirHttpAdapter,
  ports: readonly number[],
  host: string,
): Promise<number[]> {
  const bound: number[] = [];
  for (const [i, port] of ports.entries()) {
    try {
      if (i === 0) {
        // oxlint-disable-next-line no-await-in-loop -- in order, so that the first port that is taken is the one named
        await app.listen(port, host);
        bound.push((adapter.getHttpServer().address() as { port: number }).port);
      } else {
        // oxlint-disable-next-line no-await-in-loop
        bound.push((await adapter.listenAlso(port, host)).port);
      }
    } catch (error) {
      throw listenError(error, { host, port, portSetting: 'PORT or --port', hostSetting: 'HOST or --host' });
    }
  }
  return bound;
}
