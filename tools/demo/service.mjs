/** kv-service as a process of its own, on a free port of this machine, over a folder that outlives it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { DemoFailure } from './failure.mjs';

const MAIN = fileURLToPath(new URL('../../dist/apps/kv-service/src/main.js', import.meta.url));
const READY_WITHIN_MS = 30_000;
const STOPS_WITHIN_MS = 10_000;

/** A service that was started. */
export class Service {
  /** Where it answers, such as `http://127.0.0.1:40123`. */
  origin = '';
  #child;
  #output = [];

  /**
   * Starts the built service and waits until it is ready.
   *
   * @param {string} folder its data directory
   * @param {(service: Service) => void} onSpawn gets the service while it still starts, to see to its end
   * @throws DemoFailure when it is not built, or ends or hangs before it is ready
   */
  static async start(folder, onSpawn) {
    if (!existsSync(MAIN)) throw new DemoFailure('kv-service is not built yet: run `npm run build` first');
    const service = new Service();
    const flags = ['--host', '127.0.0.1', '--port', '0', '--data-dir', folder];
    // The port is read from the log; other services of the same program on this machine keep their gRPC port.
    const env = { ...process.env, LOG_LEVEL: 'info', GRPC_PORT: '0' };
    service.#child = spawn(process.execPath, [MAIN, ...flags], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    onSpawn(service);
    service.origin = `http://127.0.0.1:${await service.#port()}`;
    return service;
  }

  /** Ends the process by SIGKILL: it can finish nothing. */
  async kill() {
    await this.#end('SIGKILL');
  }

  /**
   * Stops the process by SIGTERM.
   *
   * @throws DemoFailure when it does not end with status 0 in time
   */
  async stop() {
    const late = delay(STOPS_WITHIN_MS, 'late', { ref: false });
    const ended = this.#end('SIGTERM');
    if ((await Promise.race([ended, late])) === 'late') {
      await this.kill();
      throw new DemoFailure(`the service did not stop within ${STOPS_WITHIN_MS} ms of SIGTERM`);
    }
    if (this.#child.exitCode !== 0) throw new DemoFailure(`the service did not stop cleanly${this.#said()}`);
  }

  async #end(signal) {
    if (!this.#isRunning()) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill(signal);
    await exited;
  }

  #isRunning() {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  #said() {
    return `; it said:\n${this.#output.join('\n')}`;
  }

  /** The first of the ports that the service logs once it is ready. */
  #port() {
    return new Promise((resolve, reject) => {
      const fail = (problem) => reject(new DemoFailure(`${problem}${this.#said()}`));
      const timer = setTimeout(() => fail('the service was not ready in time'), READY_WITHIN_MS);
      this.#child.once('error', (error) => fail(`the service could not be started: ${error.message}`));
      this.#child.once('close', () => fail('the service ended before it was ready'));
      for (const stream of [this.#child.stdout, this.#child.stderr]) {
        createInterface({ input: stream }).on('line', (line) => {
          this.#output.push(line);
          const port = readyPort(line);
          if (port === undefined) return;
          clearTimeout(timer);
          resolve(port);
        });
      }
    });
  }
}

/** The port that a line of the service's log names, if it is the one that says that it is ready. */
function readyPort(line) {
  if (!line.startsWith('{')) return undefined;
  const { msg, ports } = JSON.parse(line);
  return msg === 'kv-service is ready' ? ports[0] : undefined;
}
