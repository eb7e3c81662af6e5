import { connect, type Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { useTestServices } from '@kvasir/test-harness';

const services = useTestServices();

const CONNECTIONS = 20;
/** Between two requests of one connection: 20 connections make 1,000 requests a second. */
const EVERY_MS = 20;

/** A client of one kept-alive connection, which writes a new key each time: what became of each is known exactly. */
class SteadyWriter {
  /** Keys whose write was answered with 200. */
  readonly answered: string[] = [];
  /** Keys whose request was sent whole, and whose connection ended without a byte of an answer. */
  readonly unanswered: string[] = [];
  /** Answers that were not whole, or not a 200. */
  readonly broken: string[] = [];
  /** Answers that said that the connection ends with them. */
  closing = 0;
  readonly ended: Promise<void>;
  private readonly socket: Socket;
  private pending: string | undefined;
  private received = '';
  private count = 0;

  constructor(
    port: number,
    private readonly name: string,
  ) {
    this.socket = connect({ port, host: '127.0.0.1' });
    this.socket.setEncoding('latin1');
    this.socket.on('error', () => undefined);
    this.socket.on('data', (piece: string) => this.onData(piece));
    this.ended = new Promise((resolve) =>
      this.socket.on('close', () => {
        if (this.pending !== undefined) (this.received === '' ? this.unanswered : this.broken).push(this.pending);
        resolve();
      }),
    );
    this.socket.on('connect', () => this.write());
  }

  private write(): void {
    if (this.socket.destroyed || this.socket.readableEnded) return;
    this.pending = `${this.name}-${++this.count}`;
    const body = JSON.stringify({ value: this.pending });
    this.socket.write(
      `PUT /kv/${this.pending} HTTP/1.1\r\nHost: k\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
  }

  private onData(piece: string): void {
    this.received += piece;
    if (!this.received.endsWith('{"success":true}') || this.pending === undefined) return;
    const isFine = this.received.startsWith('HTTP/1.1 200 ');
    (isFine ? this.answered : this.broken).push(this.pending);
    if (/\r\nconnection: close\r\n/i.test(this.received)) this.closing++;
    this.pending = undefined;
    this.received = '';
    setTimeout(() => this.write(), EVERY_MS);
  }
}

describe('SIGTERM under a thousand requests a second', () => {
  it('loses no accepted request: each is answered and there afterwards, or was never begun', async () => {
    const service = await services.start();
    const writers = Array.from({ length: CONNECTIONS }, (_, i) => new SteadyWriter(service.port, `w${i}`));
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const exit = await service.stop();
    await Promise.all(writers.map(({ ended }) => ended));

    expect([exit.code, exit.stderr]).toEqual([0, '']);
    expect(exit.ms).toBeLessThan(4000);
    const answered = writers.flatMap((writer) => writer.answered);
    expect(answered.length).toBeGreaterThan(200);
    expect(writers.flatMap(({ broken }) => broken)).toEqual([]);
    // An answer told almost every client; none was cut off in the midst of one.
    expect(writers.reduce((sum, { closing }) => sum + closing, 0)).toBeGreaterThan(CONNECTIONS / 2);

    const again = await services.start({ directory: service.directory });
    const { keys } = (await again.http.get('/kv')).json() as { keys: string[] };
    expect(keys).toEqual([...answered].sort());
    expect(again.logLines.filter(({ level }) => level >= 50)).toEqual([]);
    const unanswered = writers.flatMap((writer) => writer.unanswered);
    expect(unanswered.filter((key) => keys.includes(key))).toEqual([]);
  });
});

describe('a stop', () => {
  it('is ended at once by a second signal, with status 1', async () => {
    const service = await services.start({ env: { SHUTDOWN_DELAY_MS: '3000' } });
    const stopped = service.stop();
    await service.logLine(({ msg }) => msg === 'kv-service stops');
    process.kill(service.pid, 'SIGINT');
    const exit = await stopped;
    expect(exit.code).toBe(1);
    expect(exit.ms).toBeLessThan(2000);
    expect(service.logLines.at(-1)).toMatchObject({ level: 40, msg: 'a second signal: kv-service ends at once' });
  });

  it('that takes longer than SHUTDOWN_TIMEOUT_MS ends then, with status 1', async () => {
    // Holds the process up in the midst of its stop.
    const module = `
      const { setInterval, clearInterval } = globalThis;
      globalThis.clearInterval = (timer) => { if (globalThis.stuck) for (;;) { if (performance.now() > globalThis.stuck) break; } clearInterval(timer); };
      process.on('SIGTERM', () => { globalThis.stuck = performance.now() + 1500; });`;
    const service = await services.start({
      env: { SHUTDOWN_TIMEOUT_MS: '1000', STORE: 'memory' },
      nodeFlags: ['--import', `data:text/javascript,${encodeURIComponent(module)}`],
    });
    const halfRequest = connect({ port: service.port, host: '127.0.0.1' });
    halfRequest.on('error', () => undefined);
    await new Promise<void>((resolve) => halfRequest.write('GET /kv', () => resolve()));
    const exit = await service.stop();
    halfRequest.destroy();
    expect(exit.code).toBe(1);
    expect(service.logLines.at(-1)).toMatchObject({
      level: 50,
      msg: 'kv-service did not stop in time and ends at once',
    });
  });
});

describe('an error that nobody caught', () => {
  it.each([
    ['an exception', 'setImmediate(() => { throw new Error("boom"); })'],
    ['a rejection', 'void Promise.reject(new Error("boom"))'],
  ])('is logged as fatal and ends the process, with status 1: %s', async (_, statement) => {
    const module = `process.on('SIGUSR2', () => { ${statement} });`;
    const service = await services.start({
      nodeFlags: ['--import', `data:text/javascript,${encodeURIComponent(module)}`],
    });
    await service.http.put('/kv/k', { value: 1 });
    process.kill(service.pid, 'SIGUSR2');
    const exit = await service.exited;
    expect([exit.code, exit.stderr]).toEqual([1, '']);
    expect(service.logLines.at(-1)).toMatchObject({
      level: 60,
      msg: 'kv-service failed unexpectedly and ends',
      err: { message: 'boom', stack: expect.stringContaining('boom') },
    });
    const again = await services.start({ directory: service.directory });
    expect((await again.http.get('/kv')).json()).toEqual({ keys: ['k'] });
  });
});

describe('a start that fails', () => {
  it.each([
    ['PORT', 'PORT or --port'],
    ['GRPC_PORT', 'GRPC_PORT or --grpc-port (0 turns gRPC off)'],
  ])('names the port of %s that is taken and what to do, on one line without a stack', async (variable, settings) => {
    const first = await services.start();
    const { port } = first;
    const exit = await services.run({ env: { [variable]: String(port) } });
    expect([exit.code, exit.stderr]).toEqual([1, '']);
    const lines = exit.stdout.trimEnd().split('\n');
    // Nobody else says it, too.
    expect(lines.map((line) => JSON.parse(line) as { level: number }).filter(({ level }) => level > 40)).toEqual([
      {
        level: 60,
        time: expect.any(String),
        msg: `kv-service cannot start: port ${port} of 127.0.0.1 is in use already: stop what listens there, or choose another one with ${settings}`,
      },
    ]);
  });
});
