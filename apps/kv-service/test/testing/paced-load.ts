/** How often is looked for what is due. */
const TICK_MS = 2;

/** The window that a rate is taken over. */
const WINDOW_MS = 1000;

/** What is made up for at once behind a pause of this process: more would be a burst, not a load. */
const MOST_AT_ONCE = 50;

/** A request of a load, and what became of it. */
export interface Sent {
  readonly kind: 'write' | 'read';
  readonly key: string;
  /** By `performance.now()`: when it was handed to its connection. */
  readonly at: number;
}

/** Sends requests, over whatever it speaks. */
export interface Sender {
  /** Sends a request, unless nothing is free to send it over now. @returns whether it was sent */
  send(request: Sent): boolean;
}

/** What a client saw of each of its requests: nothing is left out. */
export class Tally {
  /** Keys whose write was acknowledged. */
  readonly acknowledged: string[] = [];
  /** What was refused, or met the end of its connection before a byte of an answer: a client may send it again, so nothing of it may have been done. */
  readonly notDone: Sent[] = [];
  /** What may not happen: half an answer, an answer that is none to the request, a value that is not what was written. */
  readonly wrong: string[] = [];
  private readonly answeredAt: number[] = [];

  answered(request: Sent): void {
    this.answeredAt.push(performance.now());
    if (request.kind === 'write') this.acknowledged.push(request.key);
  }

  /** Requests that were answered in the second before now. */
  lastSecond(): number {
    const from = performance.now() - WINDOW_MS;
    let count = 0;
    while (count < this.answeredAt.length && this.answeredAt.at(-1 - count)! > from) count++;
    return count;
  }

  /** Requests that were handed over before this moment and not done. */
  notDoneBefore(at: number): Sent[] {
    return this.notDone.filter((request) => request.at < at);
  }
}

/** Writes of new keys and reads of acknowledged ones in turn, so many a second by the clock, whatever the answers take. */
export class PacedLoad {
  private readonly startedAt = performance.now();
  private readonly timer: NodeJS.Timeout;
  private due = 0;
  private sent = 0;

  constructor(
    private readonly perSecond: number,
    private readonly sender: Sender,
    readonly tally: Tally,
  ) {
    this.timer = setInterval(() => this.sendDue(), TICK_MS);
  }

  /** Sends nothing more. */
  stop(): void {
    clearInterval(this.timer);
  }

  /**
   * Waits until so many requests were answered within one second, not of the first one: a machine that is busy with other things gets there later, not never.
   *
   * @returns how many it were
   * @throws Error when that does not happen in time
   */
  async reached(atLeast: number, withinMs: number): Promise<number> {
    const deadline = performance.now() + withinMs;
    let best = 0;
    while (performance.now() < deadline) {
      // oxlint-disable-next-line no-await-in-loop -- what is awaited is the passing of time
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
      const rate = this.tally.lastSecond();
      best = Math.max(best, rate);
      if (rate >= atLeast && performance.now() - this.startedAt > 2 * WINDOW_MS) return rate;
    }
    throw new Error(`at most ${best} requests were answered within a second, of ${this.perSecond}, in ${withinMs} ms`);
  }

  private sendDue(): void {
    const due = Math.floor(((performance.now() - this.startedAt) * this.perSecond) / 1000);
    const count = Math.min(due - this.due, MOST_AT_ONCE);
    this.due = due;
    for (let i = 0; i < count && this.sender.send(this.next()); i++) this.sent++;
  }

  private next(): Sent {
    const { acknowledged } = this.tally;
    const at = performance.now();
    if (this.sent % 2 === 1 && acknowledged.length > 0)
      return { kind: 'read', key: acknowledged[(this.sent * 7919) % acknowledged.length]!, at };
    return { kind: 'write', key: `key-${this.sent}`, at };
  }
}

/** The value that a load writes under a key. */
export function valueOf(key: string): string {
  return `value of ${key}`;
}
