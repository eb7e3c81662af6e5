import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { launch, type Exit, type Launched } from './launch.js';
import { ServiceProcess } from './service-process.js';
import { within } from './within.js';

const RUN_MS = 20_000;

/** What a service is started with. */
export interface ServiceOptions {
  /** The app's folder below `apps/`; default `kv-service`. */
  readonly app?: string;
  /** Further environment variables; they win over {@link TestServices}' own. */
  readonly env?: Readonly<Record<string, string>>;
  readonly flags?: readonly string[];
  /** Flags for Node.js itself. */
  readonly nodeFlags?: readonly string[];
  /** Its data and working directory; default a new, empty one. Start again over `service.directory` to see what is left of the first run. */
  readonly directory?: string;
  /** What is waited for; default `ready`. While kv-service listens and is not ready, it replays its log. */
  readonly until?: 'ready' | 'listening';
}

/** Starts services as processes of their own, in temporary directories, and cleans up behind them. */
export class TestServices {
  private readonly launched: Launched[] = [];
  private readonly directories: string[] = [];

  /** A new, empty directory, removed at the end. */
  directory(): string {
    const directory = mkdtempSync(join(tmpdir(), 'kvasir-'));
    this.directories.push(directory);
    return directory;
  }

  /**
   * Starts a service on a free port of 127.0.0.1 (gRPC off) and waits until it is ready.
   *
   * Its environment is `HOST=127.0.0.1`, `PORT=0`, `GRPC_PORT=0`, `DATA_DIR=<directory>`, `LOG_LEVEL=info` and what the options add.
   *
   * @throws Error with the log, when it does not start
   */
  start(options: ServiceOptions = {}): Promise<ServiceProcess> {
    return ServiceProcess.start(this.launchOptions(options), (launched) => this.launched.push(launched), options.until);
  }

  /** Runs a process that is expected to end by itself, to its end. */
  run(options: ServiceOptions = {}): Promise<Exit> {
    const launched = launch(this.launchOptions(options));
    this.launched.push(launched);
    return within(RUN_MS, launched.exited, () => `the process did not end; it said:\n${launched.log.text}`);
  }

  /** Kills what still runs and removes the directories. */
  async cleanUp(): Promise<void> {
    for (const { child } of this.launched) child.kill('SIGKILL');
    await Promise.all(this.launched.map(({ exited }) => exited));
    for (const directory of this.directories) rmSync(directory, { recursive: true, force: true });
  }

  private launchOptions({ app = 'kv-service', env, flags, nodeFlags, directory = this.directory() }: ServiceOptions) {
    const own = { HOST: '127.0.0.1', PORT: '0', GRPC_PORT: '0', DATA_DIR: directory, LOG_LEVEL: 'info' };
    return { app, env: { ...own, ...env }, flags, nodeFlags, cwd: directory };
  }
}

/** The services of one spec file, or of the `describe` it is called in: everything they started is gone when its tests are over, whether they passed or not. */
export function useTestServices(): TestServices {
  const services = new TestServices();
  afterAll(() => services.cleanUp());
  return services;
}
