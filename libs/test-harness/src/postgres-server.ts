import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from '@jest/globals';

const PROGRAM = fileURLToPath(new URL('../../../tools/postgres-server.mjs', import.meta.url));

/** Making a new data directory takes most of it. */
const START_TIMEOUT_MS = 60_000;

/** How a server of the test's own is started. */
export interface PostgresServerOptions {
  /** A folder that keeps the data for the next start. Default: a temporary one that goes with the server. */
  readonly directory?: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Files with the server's certificate and key as PEM; it then takes encrypted connections too. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
  /** Settings of the server, each `name=value`. */
  readonly settings?: readonly string[];
}

/** A real PostgreSQL server on the loopback address, which ends with the process that started it. */
export class PostgresServer {
  private constructor(
    private readonly child: ChildProcess,
    /** With user, password and database; the user may do everything. */
    readonly url: string,
    /** The server's main process. */
    readonly pid: number,
  ) {}

  static async start({ directory, port, tls, settings = [] }: PostgresServerOptions = {}): Promise<PostgresServer> {
    const flags = [
      ...(directory === undefined ? [] : ['--directory', directory]),
      ...(port === undefined ? [] : ['--port', String(port)]),
      ...(tls === undefined ? [] : ['--tls-cert', tls.certFile, '--tls-key', tls.keyFile]),
      ...settings.flatMap((setting) => ['--set', setting]),
    ];
    const child = spawn(process.execPath, [PROGRAM, ...flags], { stdio: ['pipe', 'pipe', 'pipe'] });
    let complaints = '';
    child.stderr.setEncoding('utf8').on('data', (piece: string) => (complaints += piece));
    const [line] = await Promise.race([
      once(createInterface(child.stdout), 'line') as Promise<[string]>,
      once(child, 'close').then((): [undefined] => [undefined]),
    ]);
    if (line === undefined) throw new Error(complaints);
    const { url, pid } = JSON.parse(line) as { url: string; pid: number };
    return new PostgresServer(child, url, pid);
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** Stops the server and waits until it has ended. Connections are cut. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const closed = once(this.child, 'close');
    this.child.stdin?.end();
    await closed;
  }
}

/**
 * One server for a whole spec file; that of TEST_DATABASE_URL where it is set, whose user must be allowed to create schemas.
 *
 * @returns its URL; call it inside tests and hooks
 */
export function usePostgres(settings: readonly string[] = ['fsync=off']): () => string {
  // oxlint-disable-next-line node/no-process-env -- a setting of the test run, not of a service
  const given = process.env['TEST_DATABASE_URL'] ?? '';
  let server: PostgresServer | undefined;
  beforeAll(async () => {
    if (given === '') server = await PostgresServer.start({ settings });
  }, START_TIMEOUT_MS);
  afterAll(() => server?.stop());
  return () => {
    if (given !== '') return given;
    if (server === undefined) throw new Error('the server is there in tests and hooks alone');
    return server.url;
  };
}
