import { setTimeout as pause } from 'node:timers/promises';
import { GrpcKvClient } from '@kvasir/client';

/** Between two rounds, so that it leaves the machine to the others. */
const PACE_MS = 5;

/** Long enough for a machine with other work: what is late is measured, and fails nothing by itself. */
const DEADLINE_MS = 30_000;

/** A client of gRPC that behaves, beside those that do not: it writes and reads back without end, and notes what fails. */
export class BehavingRpcClient {
  /** What went wrong; empty when nothing did. */
  readonly failures: string[] = [];
  /** Rounds that have been done. */
  rounds = 0;
  /** The longest time of one round, in milliseconds. */
  slowestMs = 0;
  private stopped = false;
  private readonly client: GrpcKvClient;
  private readonly running: Promise<void>;

  constructor(port: number) {
    this.client = new GrpcKvClient(`127.0.0.1:${port}`, { deadlineMs: DEADLINE_MS });
    this.running = this.run();
  }

  /** Ends after one more whole round. */
  async stop(): Promise<void> {
    for (const before = this.rounds; this.rounds < before + 2 && this.failures.length === 0;) await pause(PACE_MS);
    this.stopped = true;
    await this.running;
    this.client.close();
  }

  private async run(): Promise<void> {
    while (!this.stopped && this.failures.length === 0) {
      const startedAt = performance.now();
      try {
        await this.client.set('behaving', String(this.rounds));
        const value = await this.client.get('behaving');
        if (value !== String(this.rounds)) this.failures.push(`read ${value}, not ${this.rounds}`);
      } catch (error) {
        this.failures.push(String(error));
      }
      this.slowestMs = Math.max(this.slowestMs, performance.now() - startedAt);
      this.rounds++;
      await pause(PACE_MS);
    }
  }
}
