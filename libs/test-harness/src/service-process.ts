import { HttpClient } from './http-client.js';
import { launch, type Exit, type Launched, type LaunchOptions } from './launch.js';
import type { LogLine } from './log-lines.js';
import { RawConnection } from './raw-connection.js';
import { within } from './within.js';

// Only a hang takes so long, or a machine on which very much else is going on.
const START_MS = 60_000;
const STOP_MS = 15_000;

/** A service that answers on 127.0.0.1. {@link TestServices} starts one, and sees to its end. */
export class ServiceProcess {
  /** A client of the first port. */
  readonly http: HttpClient;
  /** The HTTP ports, as the service logged them. */
  readonly ports: readonly number[];

  private constructor(
    private readonly launched: Launched,
    /** Its working directory, and its DATA_DIR unless the environment or flags said otherwise. */
    readonly directory: string,
    /** The line that said that it is ready, with whatever else is in it. */
    readonly listening: LogLine,
  ) {
    this.ports = listening['ports'] as number[];
    this.http = new HttpClient(this.port);
  }

  /**
   * Starts a process and waits until it is ready: for the log line "kv-service is ready", or another app's "… is listening"; or only until it listens.
   *
   * @throws Error with the log, when the process ends before, or does not say so in time
   */
  static async start(
    options: LaunchOptions,
    onLaunch: (launched: Launched) => void,
    until: 'ready' | 'listening' = 'ready',
  ): Promise<ServiceProcess> {
    const launched = launch(options);
    onLaunch(launched);
    const listening = await within(
      START_MS,
      Promise.race([
        launched.log.first(({ msg }) => msg === startLine(options.app, until)),
        launched.exited.then((exit) => {
          throw new Error(`${options.app} ended with ${statusOf(exit)} before it was ready${said(launched)}`);
        }),
      ]),
      () => `${options.app} did not say that it is ready; it said${said(launched)}\n`,
    );
    return new ServiceProcess(launched, options.cwd, listening);
  }

  /** The first HTTP port. */
  get port(): number {
    const [port] = this.ports;
    if (port === undefined) throw new Error('the service listens on no port');
    return port;
  }

  get pid(): number {
    return this.launched.child.pid ?? 0;
  }

  /** Every line of its log so far. */
  get logLines(): readonly LogLine[] {
    return this.launched.log.lines;
  }

  /** Its warnings and errors so far, but for the one that every kv-service without API keys starts with. */
  get troubles(): readonly LogLine[] {
    return this.logLines.filter(({ level, msg }) => level > 30 && !msg.startsWith('API_KEYS_FILE is not set'));
  }

  /** Standard error so far. */
  get stderr(): string {
    return this.launched.stderr();
  }

  /** Resolves when the process has ended, for whatever reason. */
  get exited(): Promise<Exit> {
    return this.launched.exited;
  }

  /** The first line of its log that matches, one that is there or one to come within `ms` milliseconds. */
  logLine(matches: (line: LogLine) => boolean, ms = 5_000): Promise<LogLine> {
    return within(ms, this.launched.log.first(matches), () => `no such line was logged${said(this.launched)}\n`);
  }

  /** A raw connection to the first port. */
  connect(): Promise<RawConnection> {
    return RawConnection.open(this.port);
  }

  /**
   * Sends SIGTERM and awaits the end.
   *
   * @returns how it ended; `ms` counts from the signal
   */
  stop(): Promise<Exit> {
    return this.end('SIGTERM');
  }

  /** Sends SIGKILL and awaits the end. */
  kill(): Promise<Exit> {
    return this.end('SIGKILL');
  }

  private async end(signal: NodeJS.Signals): Promise<Exit> {
    const sentAt = performance.now();
    this.launched.child.kill(signal);
    const exit = await within(
      STOP_MS,
      this.launched.exited,
      () => `the service did not end after ${signal}; it said${said(this.launched)}\n`,
    );
    this.http.close();
    return { ...exit, ms: performance.now() - sentAt };
  }
}

/** What an app logs when it has come this far. kv-service listens before it is ready: it answers while it replays its log. */
function startLine(app: string, until: 'ready' | 'listening'): string {
  return app === 'kv-service' && until === 'ready' ? 'kv-service is ready' : `${app} is listening`;
}

function statusOf({ code, signal }: Exit): string {
  return code === null ? `signal ${signal ?? 'unknown'}` : `status ${code}`;
}

function said(launched: Launched): string {
  return `:\n${launched.log.text}${launched.stderr()}`;
}
