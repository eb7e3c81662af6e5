import { setTimeout as delay } from 'node:timers/promises';
import type { Program, SettingsResult } from '@kvasir/config';
import { openTracer, type Tracer } from '@kvasir/tracing';
import type { Logger } from 'pino';
import { createLogger, type LogOptions } from './create-logger.js';
import { ServiceStop } from './service-stop.js';
import type { ShutdownTimes } from './settings.js';
import { isExpected } from './start-error.js';
import { stopOnSignal } from './stop-on-signal.js';
import { isTracing, type TracingSettings } from './tracing-settings.js';
import { tuneCollector } from './tune-collector.js';

/** What every service's configuration has. */
export interface ServiceConfig {
  readonly log: LogOptions;
  readonly shutdown: ShutdownTimes;
  readonly tracing: TracingSettings;
}

/** What a service starts with. */
export interface ServiceContext<Config extends ServiceConfig> {
  readonly config: Config;
  readonly logger: Logger;
  /** The service's name in log lines. */
  readonly name: string;
  readonly version: string;
  readonly stop: ServiceStop;
  /** Undefined: there is nobody to send spans to. */
  readonly tracer: Tracer | undefined;
}

/** A service: what can be set, how it is read, how it starts. */
export interface Service<Config extends ServiceConfig> {
  readonly program: Program;
  readonly readConfig: (
    env: Readonly<Record<string, string | undefined>>,
    argv: readonly string[],
  ) => SettingsResult<Config>;
  /**
   * Resolves when the service is ready. Who reads files again on SIGHUP listens before the first thing that is waited for.
   *
   * @throws StartError or KvError for what an operator can mend
   */
  readonly start: (context: ServiceContext<Config>) => Promise<void>;
}

/** The part of the time that is left at the end of a stop in which spans are sent. A collector that does not answer shall not make the stop fail. */
const FLUSH_SHARE = 0.5;

/** The whole life of a service's process: settings, start, signals, end. What it prints and the exit statuses are in docs/operations.md. */
export async function runService<Config extends ServiceConfig>(service: Service<Config>): Promise<void> {
  tuneCollector();
  // oxlint-disable-next-line node/no-process-env -- the one place where a service's settings come from
  const result = service.readConfig(process.env, process.argv.slice(2));
  if (result.kind === 'settings') {
    await run(service, result.settings);
  } else if (result.kind === 'invalid') {
    process.stderr.write(result.text);
    process.exitCode = 1;
  } else {
    process.stdout.write(result.text);
  }
}

async function run<Config extends ServiceConfig>({ program, start }: Service<Config>, config: Config): Promise<void> {
  const { name } = program;
  const logger = createLogger(config.log);
  endOnUncaughtError(name, logger);
  const listenersAreThere = holdHangUps(name, logger);
  const stop = new ServiceStop();
  stopOnSignal(stop, { name, logger, ...config.shutdown });
  const version = program.version();
  try {
    const tracer = await startTracing(config, { name, version, logger, stop });
    const started = start({ config, logger, name, version, stop, tracer });
    listenersAreThere();
    await started;
  } catch (error) {
    // What fails because it was told to stop is stopping.
    if (stop.hasBegun) return;
    const message = error instanceof Error ? error.message : String(error);
    logger.fatal(isExpected(error) ? {} : { err: error }, `${name} cannot start: ${message}`);
    await Promise.race([stop.close().catch(() => undefined), delay(config.shutdown.timeoutMs)]);
    process.exit(1);
  }
}

/** Makes the tracer, if there is somebody to send spans to; at a stop it sends what it has, in a part of the time that is left then. */
async function startTracing(
  { tracing, shutdown }: ServiceConfig,
  { name, version, logger, stop }: Pick<ServiceContext<ServiceConfig>, 'name' | 'version' | 'logger' | 'stop'>,
): Promise<Tracer | undefined> {
  if (!isTracing(tracing)) return undefined;
  const { serviceName = name } = tracing;
  const tracer = await openTracer({ ...tracing, serviceName, serviceVersion: version, logger });
  let stopsAt = Infinity;
  stop.onBegin(() => (stopsAt = performance.now() + shutdown.timeoutMs));
  stop.endWith(() => tracer.close(Math.max(0, stopsAt - performance.now()) * FLUSH_SHARE));
  return tracer;
}

/**
 * Without a listener SIGHUP ends a process; whoever sends it wants files read again. Those who have files to read listen for themselves.
 *
 * @returns to be called when they do: a signal that came before, when files had been read already, is repeated for them
 */
function holdHangUps(name: string, logger: Logger): () => void {
  let isHeld = true;
  let held: NodeJS.Signals | undefined;
  process.on('SIGHUP', (signal) => {
    if (isHeld) held = signal;
    else if (process.listenerCount('SIGHUP') === 1) logger.info({ signal }, `${name} has nothing to read again`);
  });
  return () => {
    isHeld = false;
    if (held !== undefined) process.emit('SIGHUP', held);
  };
}

/** What nobody caught may have left anything half done: the process says so and ends, and a new start finds what is on disk. Rejections that nobody handles come here too. */
function endOnUncaughtError(name: string, logger: Logger): void {
  process.on('uncaughtException', (error: unknown) => {
    try {
      logger.fatal({ err: error }, `${name} failed unexpectedly and ends`);
    } finally {
      process.exit(1);
    }
  });
}
