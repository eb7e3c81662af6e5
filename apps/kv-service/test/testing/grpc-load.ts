import { GrpcCallError, type GrpcKvClient } from '@kvasir/client';
import { valueOf, type Sender, type Sent, type Tally } from './paced-load.js';

/** Unary calls over a client's one connection, as many at a time as it takes. */
export class GrpcCalls implements Sender {
  private readonly open = new Set<Promise<void>>();
  /** Calls behind each other that were not done: the service is gone. */
  private refusedInARow = 0;

  constructor(
    private readonly client: GrpcKvClient,
    private readonly tally: Tally,
  ) {}

  send(request: Sent): boolean {
    const call = this.call(request).finally(() => this.open.delete(call));
    this.open.add(call);
    return true;
  }

  /** Resolves when so many calls behind each other were refused. */
  async refused(count: number): Promise<void> {
    while (this.refusedInARow < count) {
      // oxlint-disable-next-line no-await-in-loop -- what is awaited is that others come
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Resolves when every call has ended. */
  async ended(): Promise<void> {
    await Promise.all(this.open);
  }

  private async call(request: Sent): Promise<void> {
    const { kind, key } = request;
    try {
      const value = kind === 'write' ? await this.write(key) : await this.client.get(key);
      if (value === valueOf(key)) this.tally.answered(request);
      else this.tally.wrong.push(`${kind} ${key}: ${value}`);
      this.refusedInARow = 0;
    } catch (error) {
      if (error instanceof GrpcCallError && error.status === 'UNAVAILABLE') {
        this.refusedInARow++;
        this.tally.notDone.push(request);
      } else this.tally.wrong.push(`${kind} ${key}: ${String(error)}`);
    }
  }

  private async write(key: string): Promise<string> {
    const value = valueOf(key);
    await this.client.set(key, value);
    return value;
  }
}
