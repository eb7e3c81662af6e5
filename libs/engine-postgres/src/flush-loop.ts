import { OutcomeUnknownError, StoreUnavailableError, type Transaction, type TransactionResult } from '@kvasir/kv-core';
import { backOff } from './backoff.js';
import { isWorthRetrying, tooManyWait, tooSlow, type Database } from './database.js';
import { failureKind, storeErrorOf } from './database-failure.js';
import { flush } from './flush.js';
import { loneSet, put } from './put.js';
import type { SchemaCapabilities } from './migrate.js';
import { PendingCall } from './pending-call.js';
import type { Statements } from './statements.js';

/** Bounds how long a flush holds the state, on which all other processes wait. */
const MOST_TRANSACTIONS = 1024;

/** Operations and UTF-16 units of values, likewise; a single transaction may have more. */
const MOST_OPERATIONS = 8192;
const MOST_VALUE_UNITS = 8 * 1024 * 1024;

interface Member {
  readonly transaction: Transaction;
  readonly call: PendingCall<TransactionResult>;
  /** Whether its writes are on their way: when its time is over then, nobody knows what became of them. */
  sent: boolean;
}

/**
 * Group commit over the database: transactions that arrive while a flush is under way wait together and travel as the next one. Each flush locks the state, so flushes of all
 * processes come one after another, and revisions are committed in their order.
 */
export class FlushLoop {
  private readonly waiting: Member[] = [];
  private running: Promise<void> | undefined;

  constructor(
    private readonly database: Database,
    private readonly statements: Statements,
    private readonly schema: SchemaCapabilities,
  ) {}

  /**
   * @throws StoreUnavailableError when it was not committed
   * @throws OutcomeUnknownError when nobody can say
   */
  commit(transaction: Transaction): Promise<TransactionResult> {
    const { maxWaiting, timeoutMs } = this.database;
    if (this.waiting.length >= maxWaiting) return Promise.reject(new StoreUnavailableError(tooManyWait(maxWaiting)));
    const call = new PendingCall<TransactionResult>(timeoutMs, () =>
      member.sent
        ? new OutcomeUnknownError(
            `the database did not confirm the write within ${timeoutMs} ms; it may or may not be there`,
          )
        : new StoreUnavailableError(tooSlow(timeoutMs)),
    );
    const member: Member = { transaction, call, sent: false };
    this.waiting.push(member);
    this.running ??= this.run();
    return call.promise;
  }

  /** Resolves when everything that was taken has been answered. No `commit` comes after it. */
  async close(): Promise<void> {
    await this.running;
  }

  private async run(): Promise<void> {
    // Lets the event loop hand over every request that has already arrived before the first flush leaves.
    await new Promise(setImmediate);
    while (this.waiting.length > 0) await this.flushGroup(this.takeGroup());
    this.running = undefined;
  }

  private takeGroup(): Member[] {
    let count = 0;
    let operations = 0;
    let units = 0;
    for (const { transaction } of this.waiting) {
      operations += transaction.operations.length;
      for (const operation of transaction.operations) if (operation.type === 'set') units += operation.value.length;
      if (count > 0 && (count >= MOST_TRANSACTIONS || operations > MOST_OPERATIONS || units > MOST_VALUE_UNITS)) break;
      count++;
    }
    return this.waiting.splice(0, count);
  }

  private async flushGroup(members: readonly Member[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const open = members.filter(({ call }) => !call.settled);
      if (open.length === 0) return;
      try {
        await this.flushOnce(open);
        return;
      } catch (error) {
        if (isWorthRetrying(error, attempt)) {
          await backOff(attempt);
        } else if (open.length > 1 && failureKind(error) === 'statement' && !(error instanceof OutcomeUnknownError)) {
          // What the database does not take of one transaction is not its neighbours' failure.
          for (const member of open) await this.flushGroup([member]);
          return;
        } else {
          for (const { call } of open) call.reject(storeErrorOf(error));
          return;
        }
      }
    }
  }

  private async flushOnce(members: readonly Member[]): Promise<void> {
    // Whoever was told meanwhile that nothing was changed must be right: only those who still wait are written.
    let open: readonly Member[] = members;
    const take = (): readonly Transaction[] => {
      open = members.filter(({ call }) => !call.settled);
      return open.map(({ transaction }) => transaction);
    };
    const onWrite = (): void => {
      for (const member of open) member.sent = true;
    };
    const lone = this.schema.putFunction ? loneSet(members.map(({ transaction }) => transaction)) : undefined;
    try {
      const results =
        lone === undefined
          ? await flush(this.database, this.statements, take(), take, onWrite)
          : await put(this.database, this.statements, lone, take, onWrite);
      open.forEach(({ call }, index) => call.resolve(results[index]!));
    } catch (error) {
      for (const member of open) member.sent = false;
      throw error;
    }
  }
}
