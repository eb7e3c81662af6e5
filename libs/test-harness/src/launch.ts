import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { LogCollector } from './log-lines.js';

/** How a process is started. */
export interface LaunchOptions {
  /** The app's folder below `apps/`; what is started is its build, `dist/apps/<app>/src/main.js`. */
  readonly app: string;
  /** Its whole environment: nothing of the test's own gets in. */
  readonly env?: Readonly<Record<string, string>>;
  /** Its arguments. */
  readonly flags?: readonly string[];
  /** Flags for Node.js itself, such as `--max-old-space-size=100`. */
  readonly nodeFlags?: readonly string[];
  /** Its working directory. */
  readonly cwd: string;
}

/** How a process ended, and what it said. */
export interface Exit {
  /** The exit status; null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Milliseconds from the start of the process. */
  readonly ms: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process that runs, or ran. */
export interface Launched {
  readonly child: ChildProcess;
  readonly log: LogCollector;
  /** Standard error so far. */
  stderr(): string;
  /** Resolves when the process has ended and all its output has come. */
  readonly exited: Promise<Exit>;
}

/**
 * Starts the build of an app with the Node.js that runs the test.
 *
 * @throws Error when there is no build
 */
export function launch({ app, env = {}, flags = [], nodeFlags = [], cwd }: LaunchOptions): Launched {
  const main = fileURLToPath(new URL(`../../../dist/apps/${app}/src/main.js`, import.meta.url));
  if (!existsSync(main)) throw new Error(`${main} is not there: run \`npm run build\` first`);
  const startedAt = performance.now();
  const child = spawn(process.execPath, [...nodeFlags, main, ...flags], {
    cwd,
    env: { ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = new LogCollector();
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => log.add(piece));
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (stderr += piece));
  const exited = new Promise<Exit>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) =>
      resolve({ code, signal, ms: performance.now() - startedAt, stdout: log.text, stderr }),
    );
  });
  return { child, log, stderr: () => stderr, exited };
}
