import { WriteFailedError, type Clock, type Transaction, type TransactionResult } from '@kvasir/kv-core';

import { CommitGroup, type TransactionEffects } from './commit-group.js';
import type { Committer } from './committer.js';
import type { OrderedTable } from './table/ordered-table.js';

/** Where a group is made durable. */
export interface GroupLog {
  /**
   * Resolves when the transactions, all of them made at `now` (Unix milliseconds), are as durable as the log was told to make them. A rejection means that none of them is in the log and that a later group may be
   * written, unless it is a {@link WriteFailedError}: then nobody knows, and nothing may be acknowledged any more.
   */
  write(transactions: readonly TransactionEffects[], now: number): Promise<void>;
  close(): Promise<void>;
}

interface Waiting {
  readonly transaction: Transaction;
  readonly resolve: (result: TransactionResult) => void;
  readonly reject: (error: unknown) => void;
}

type Answer = () => void;

/** What a {@link CommitLoop} is set up with. */
export interface CommitLoopOptions {
  /** The store's revision so far. */
  readonly revision: number;
  /** Past this estimate of what the entries take, transactions that grow the store are refused. Bytes. */
  readonly maxMemoryBytes: number;
  /** Called after each group that wrote something, with the error if it failed. */
  readonly afterGroup?: (error?: unknown) => void;
}

/**
 * Group commit: transactions that arrive while a group is on its way to the disk wait together and travel as the next one, so that one flush serves all who wait.
 *
 * Every answer of a group waits for its flush, a refusal or a read too: it may depend on a write that the same group holds.
 */
export class CommitLoop implements Committer {
  private lastRevision: number;
  private waiting: Waiting[] = [];
  private tasks: (() => Promise<void>)[] = [];
  private running: Promise<void> | undefined;
  private failure: WriteFailedError | undefined;

  constructor(
    private readonly table: OrderedTable,
    private readonly log: GroupLog,
    private readonly clock: Clock,
    private readonly options: CommitLoopOptions,
  ) {
    this.lastRevision = options.revision;
  }

  get revision(): number {
    return this.lastRevision;
  }

  commit(transaction: Transaction): Promise<TransactionResult> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ transaction, resolve, reject });
      this.running ??= this.run();
    });
  }

  /** Does work between two groups: none is on its way when it begins, and none leaves before it has ended. */
  between<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.tasks.push(async () => {
        try {
          resolve(await work());
        } catch (error) {
          // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- what the work threw, as it is
          reject(error);
        }
      });
      this.running ??= this.run();
    });
  }

  async close(): Promise<void> {
    await this.running;
    await this.log.close();
  }

  private async run(): Promise<void> {
    // Lets the event loop hand over every request that has already arrived before the first group leaves.
    await new Promise(setImmediate);
    while (this.waiting.length > 0 || this.tasks.length > 0) {
      const { tasks } = this;
      this.tasks = [];
      for (const task of tasks) await task();
      const members = this.waiting;
      this.waiting = [];
      if (members.length > 0) await this.commitGroup(members);
    }
    this.running = undefined;
  }

  private async commitGroup(members: readonly Waiting[]): Promise<void> {
    if (this.failure !== undefined) {
      for (const { reject } of members) reject(this.failure);
      return;
    }
    const now = this.clock.now();
    const group = new CommitGroup({
      table: this.table,
      now,
      revision: this.lastRevision,
      maxMemoryBytes: this.options.maxMemoryBytes,
    });
    const answers = members.map((member) => runIn(group, member));
    try {
      if (group.written.length > 0) await this.log.write(group.written, now);
    } catch (error) {
      if (error instanceof WriteFailedError) this.failure = error;
      for (const { reject } of members) reject(error);
      this.options.afterGroup?.(error);
      return;
    }
    group.apply();
    this.lastRevision = group.revision;
    for (const answer of answers) answer();
    if (group.written.length > 0) this.options.afterGroup?.();
  }
}

// One transaction's failure, such as a full store, is not its neighbours'.
function runIn(group: CommitGroup, member: Waiting): Answer {
  try {
    const { effects: _, ...result } = group.run(member.transaction);
    return () => member.resolve(result);
  } catch (error) {
    return () => member.reject(error);
  }
}
