import { StoreUnavailableError } from '@kvasir/kv-core';
import type { ClientBase } from 'pg';
import { retrying, tooManyWait, tooSlow, type Database } from './database.js';
import { failureKind, storeErrorOf } from './database-failure.js';
import { PendingCall } from './pending-call.js';

/** Statements on their way at once; more only makes each of them smaller. */
const MOST_IN_FLIGHT = 4;

/** Bounds what one answer of the database may hold, values of 1 MiB included. */
const MOST_KEYS_PER_STATEMENT = 256;

interface WaitingRead<Answer> {
  readonly keys: readonly string[];
  readonly call: PendingCall<Answer>;
}

/**
 * Reads keys. Reads that wait together travel in one statement, and each gets the answer to all of it. A read never joins a statement that has left, so it sees every write
 * that was answered before it.
 */
export class ReadBatcher<Answer> {
  private readonly waiting: WaitingRead<Answer>[] = [];
  private inFlight = 0;
  private scheduled = false;
  private onIdle: (() => void) | undefined;

  /** @param ask reads some keys, each given once, by one statement */
  constructor(
    private readonly database: Database,
    private readonly ask: (client: ClientBase, keys: readonly string[]) => Promise<Answer>,
  ) {}

  /**
   * What some keys, each given once, hold at one moment. The answer may tell of other keys too.
   *
   * @throws StoreUnavailableError when the database does not answer in time, or too many wait
   */
  read(keys: readonly string[]): Promise<Answer> {
    const { maxWaiting, timeoutMs } = this.database;
    if (this.waiting.length >= maxWaiting) return Promise.reject(new StoreUnavailableError(tooManyWait(maxWaiting)));
    const call = new PendingCall<Answer>(timeoutMs, () => new StoreUnavailableError(tooSlow(timeoutMs)));
    this.waiting.push({ keys, call });
    this.schedule();
    return call.promise;
  }

  /** Resolves when everything that was taken has been answered. No `read` comes after it. */
  async close(): Promise<void> {
    if (this.waiting.length > 0 || this.inFlight > 0) await new Promise<void>((resolve) => (this.onIdle = resolve));
  }

  private schedule(): void {
    if (this.scheduled || this.inFlight >= MOST_IN_FLIGHT) return;
    if (this.waiting.length === 0) {
      if (this.inFlight === 0) this.onIdle?.();
      return;
    }
    this.scheduled = true;
    // Lets the event loop hand over every request that has already arrived.
    setImmediate(this.sendNext);
  }

  private readonly sendNext = (): void => {
    this.scheduled = false;
    this.inFlight++;
    void this.answer(this.takeBatch()).then(() => {
      this.inFlight--;
      this.schedule();
    });
    this.schedule();
  };

  private takeBatch(): WaitingRead<Answer>[] {
    let keys = 0;
    let count = 0;
    for (const read of this.waiting) {
      keys += read.keys.length;
      if (count > 0 && keys > MOST_KEYS_PER_STATEMENT) break;
      count++;
    }
    return this.waiting.splice(0, count);
  }

  private async answer(batch: readonly WaitingRead<Answer>[]): Promise<void> {
    const open = batch.filter(({ call }) => !call.settled);
    const [first] = open;
    if (first === undefined) return;
    try {
      const keys = open.length === 1 ? first.keys : [...new Set(open.flatMap((read) => read.keys))];
      const answer = await retrying(
        () => this.database.read((client) => this.ask(client, keys)),
        () => open.every(({ call }) => call.settled),
      );
      for (const { call } of open) call.resolve(answer);
    } catch (error) {
      // What one read asks for, such as values too large for one answer, is not its neighbours' failure.
      if (open.length > 1 && ['statement', 'refused'].includes(failureKind(error))) {
        await Promise.all(open.map((read) => this.answer([read])));
      } else {
        for (const { call } of open) call.reject(storeErrorOf(error));
      }
    }
  }
}
