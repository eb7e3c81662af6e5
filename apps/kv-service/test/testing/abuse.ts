import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { HttpClient, type ServiceProcess } from '@kvasir/test-harness';

/** Between two requests of the client that behaves, so that it leaves the machine to the others. */
const PACE_MS = 5;

/** A client that behaves, beside those that do not: it writes, reads back and lists without end, each round over a new connection too, and notes what fails. */
export class BehavingClient {
  /** What went wrong; empty when nothing did. */
  readonly failures: string[] = [];
  /** Rounds that have been done. */
  rounds = 0;
  /** The longest time of one request, in milliseconds. */
  slowestMs = 0;
  private stopped = false;
  private readonly running: Promise<void>;

  constructor(private readonly port: number) {
    this.running = this.run();
  }

  /** Ends after the round that is under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
  }

  private async run(): Promise<void> {
    const kept = new HttpClient(this.port);
    while (!this.stopped) {
      const fresh = new HttpClient(this.port);
      const value = this.rounds;
      await this.expect(200, () => kept.put('/kv/behaving', { value }));
      await this.expect(`{"value":${value}}`, () => fresh.get('/kv/behaving'));
      await this.expect(200, () => kept.get('/kv?prefix=behaving'));
      fresh.close();
      this.rounds++;
      await pause(PACE_MS);
    }
    kept.close();
  }

  private async expect(expected: number | string, send: () => ReturnType<HttpClient['get']>): Promise<void> {
    const startedAt = performance.now();
    try {
      const { status, text } = await send();
      if ((typeof expected === 'number' ? status : text) !== expected) this.failures.push(`${status} ${text}`);
    } catch (error) {
      this.failures.push(String(error));
    }
    this.slowestMs = Math.max(this.slowestMs, performance.now() - startedAt);
  }
}

/** What came of a connection that sent what it was told to. */
export interface Outcome {
  /** The first status; 0 for none. */
  readonly status: number;
  /** How many answers came. */
  readonly answers: number;
  /** Milliseconds from the connection's first moment to its end. */
  readonly ms: number;
}

/** Does with an open connection what an attacker would do. */
export type Attack = (socket: Socket) => void;

/** Lets one connection attack and waits until the service has ended it. */
export function attack(port: number, behave: Attack): Promise<Outcome> {
  return new Promise((resolve) => {
    const startedAt = performance.now();
    const socket = connect({ port, host: '127.0.0.1' });
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      // What is read here is answers to be counted, not listings.
      if (text.length < 100_000) text += chunk.toString('latin1');
    });
    // Cut is cut, with a reset or without.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)];
      resolve({
        status: Number(statuses[0]?.[1] ?? 0),
        answers: statuses.length,
        ms: performance.now() - startedAt,
      });
    });
    socket.on('connect', () => behave(socket));
  });
}

/** The same attack over many connections at once. */
export function attackTogether(port: number, connections: number, behave: Attack): Promise<Outcome[]> {
  return Promise.all(Array.from({ length: connections }, () => attack(port, behave)));
}

/** The same attack over many connections, which are opened a few at a time: at once they would be more than wait to be accepted. @returns what will have come of each, when all are open */
export async function attackInTurn(port: number, connections: number, behave: Attack): Promise<Promise<Outcome>[]> {
  const ended: Promise<Outcome>[] = [];
  while (ended.length < connections) {
    const some = Array.from({ length: Math.min(250, connections - ended.length) }, () => {
      return new Promise<void>((open) => {
        ended.push(
          attack(port, (socket) => {
            behave(socket);
            open();
          }),
        );
      });
    });
    // oxlint-disable-next-line no-await-in-loop -- a few at a time
    await Promise.all(some);
  }
  return ended;
}

/** How many idle connections are tried: 10,000, or as many as this process may open, and a few for itself. */
export function idleConnections(): number {
  return Math.min(10_000, openFilesLimit() - 500);
}

/** Node raises it to the most that it may be when it starts. */
function openFilesLimit(): number {
  const { userLimits } = process.report.getReport() as { userLimits: { open_files: { soft: number | string } } };
  const { soft } = userLimits.open_files;
  return typeof soft === 'number' ? soft : Infinity;
}

/** Sends one piece after the other, without end, for as long as the connection is there. */
export function drip(socket: Socket, piece: string, everyMs: number): void {
  const timer = setInterval(() => socket.write(piece, 'latin1'), everyMs);
  socket.on('close', () => clearInterval(timer));
}

/** Memory that the system counts for a process, in MiB. */
export function residentMiB({ pid }: ServiceProcess): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/** Watches a process's memory. @returns ends the watch, and tells the most that was seen above what there was at first, in MiB */
export function watchMemory(service: ServiceProcess): () => number {
  const before = residentMiB(service);
  let most = before;
  const timer = setInterval(() => {
    try {
      most = Math.max(most, residentMiB(service));
    } catch {
      // The process is gone, and the test with it.
      clearInterval(timer);
    }
  }, 20);
  return () => {
    clearInterval(timer);
    return Math.max(most, residentMiB(service)) - before;
  };
}

/** How many sockets a process holds open. */
export function openSockets({ pid }: ServiceProcess): number {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).filter((fd) => {
    try {
      return readlinkSync(`${folder}/${fd}`).startsWith('socket:');
    } catch {
      // It was closed meanwhile.
      return false;
    }
  }).length;
}
