import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { HttpClient, within } from '@kvasir/test-harness';

const MAIN = fileURLToPath(new URL('../../dist/apps/kv-service/src/main.js', import.meta.url));
const WITHIN_MS = 60_000;

/** kv-service started by another program: a tracer, or a shell that sets limits. */
export class WrappedService {
  private constructor(
    private readonly child: ChildProcess,
    readonly http: HttpClient,
    /** Lines of the service's log so far. */
    readonly log: readonly string[],
    /** Resolves with the exit status when the wrapper has ended. */
    readonly exited: Promise<number | null>,
  ) {}

  /** The process that was started: the wrapper, or the service if the wrapper has become it. */
  get pid(): number {
    return this.child.pid ?? 0;
  }

  /**
   * Starts `<wrapper> node main.js` on a data directory, and waits until it is ready.
   *
   * @throws Error with what it said, when it does not
   */
  static async start(wrapper: readonly string[], directory: string): Promise<WrappedService> {
    const [command, ...args] = [...wrapper, process.execPath, MAIN];
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOST: '127.0.0.1',
      PORT: '0',
      GRPC_PORT: '0',
      DATA_DIR: directory,
      // One thread, so that calls are made one after the other and can be counted.
      UV_THREADPOOL_SIZE: '1',
    };
    // A group of its own, so that the service ends with a wrapper that is killed.
    const child = spawn(command, args, { cwd: directory, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const log: string[] = [];
    const exited = new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    const port = new Promise<number>((resolve, reject) => {
      createInterface({ input: child.stderr }).on('line', (line) => log.push(line));
      createInterface({ input: child.stdout }).on('line', (line) => {
        log.push(line);
        const found = /"ports":\[(\d+)\].*is ready/.exec(line);
        if (found !== null) resolve(Number(found[1]));
      });
      exited.then((status) => reject(new Error(`kv-service ended with ${status}:\n${log.join('\n')}`)), reject);
    });
    try {
      const http = new HttpClient(await within(WITHIN_MS, port, () => `kv-service is not ready:\n${log.join('\n')}`));
      return new WrappedService(child, http, log, exited);
    } catch (error) {
      killGroup(child);
      throw error;
    }
  }

  /** Waits until the service has ended by itself. Gives the exit status. */
  async end(): Promise<number | null> {
    return within(WITHIN_MS, this.exited, () => `kv-service does not end:\n${this.log.join('\n')}`);
  }

  /** Kills whatever still runs. */
  async kill(): Promise<void> {
    killGroup(this.child);
    await this.exited;
    this.http.close();
  }
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}
