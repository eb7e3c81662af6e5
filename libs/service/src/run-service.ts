import { setTimeout as delay } from 'node:timers/promises';
import type { Program, SettingsResult } from '@kvasir/config';
import type { Logger } from 'pino';
import { createLogger, type LogOptions } from './create-logger.js';
import { ServiceStop } from './service-stop.js';
import type { ShutdownTimes } from './settings.js';
import { isExpected } from './start-error.js';
import { stopOnSignal } from './stop-on-signal.js';

/** What every service's configuration has. */
export interface ServiceConfig {
  readonly log: LogOptions;
  readonly shutdown: ShutdownTimes;
}

/** What a service starts with. */
export interface ServiceContext<Config extends ServiceConfig> {
  readonly config: Config;
  readonly logger: Logger;
  /** The service's name in log lines. */
  readonly name: string;
  readonly version: string;
  readonly stop: ServiceStop;
}

/** A service: what can be set, how it is read, how it starts. */
export interface Service<Config extends ServiceConfig> {
  readonly program: Program;
  readonly readConfig: (
    env: Readonly<Record<string, string | undefined>>,
    argv: readonly string[],
  ) => SettingsResult<Config>;
  /**
   * Resolves when the service is ready.
   *
   * @throws StartError or KvError for what an operator can mend
   */
  readonly start: (context: ServiceContext<Config>) => Promise<void>;
}

/** The whole life of a service's process: settings, start, signals, end. What it prints and the exit statuses are in docs/operations.md. */
export async function runService<Config extends ServiceConfig>(service: Service<Config>): Promise<void> {
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
  tellOfHangUp(name, logger);
  const stop = new ServiceStop();
  stopOnSignal(stop, { name, logger, ...config.shutdown });
  try {
    await start({ config, logger, name, version: program.version(), stop });
  } catch (error) {
    // What fails because it was told to stop is stopping.
    if (stop.hasBegun) return;
    const message = error instanceof Error ? error.message : String(error);
    logger.fatal(isExpected(error) ? {} : { err: error }, `${name} cannot start: ${message}`);
    await Promise.race([stop.close().catch(() => undefined), delay(config.shutdown.timeoutMs)]);
    process.exit(1);
  }
}

/** Without a listener SIGHUP ends a process; whoever sends it wants files read again. Those who have files to read listen for themselves. */
function tellOfHangUp(name: string, logger: Logger): void {
  process.on('SIGHUP', (signal) => {
    if (process.listenerCount('SIGHUP') === 1) logger.info({ signal }, `${name} has nothing to read again`);
  });
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
