import { WriteFailedError, type Clock, type Entry, type Transaction, type TransactionResult } from '@kvasir/kv-core';

import { CommitGroup, type TransactionEffects } from './commit-group.js';
import type { Committer } from './committer.js';
import type { MemoryBudget } from './memory-budget.js';
import type { OrderedTable } from './table/ordered-table.js';

/** Where a group is made durable. */
export interface GroupLog {
  /**
   * Resolves when the transactions, the latest of them made at `now` (Unix milliseconds), are as durable as the log was told to make them. A rejection means that none of them is in the log and that a later group may be
   * written, unless it is a {@link WriteFailedError}: then nobody knows, and nothing may be acknowledged any more.
   */
  write(transactions: readonly TransactionEffects[], now: number): Promise<void>;
  close(): Promise<void>;
}

/** With more, handling them takes longer than a sync, and two halves that take turns keep processor and disk busy. */
const MOST_GATHERED = 32;
/** How long the next group is held back at most: as long as the last one took to be durable, and never more than so many milliseconds. */
const GATHER_MS = 2;

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
  /** Past it, transactions that grow the store are refused. */
  readonly memory: MemoryBudget;
  /** Called after each group that wrote something, with the error if it failed. */
  readonly afterGroup?: (error?: unknown) => void;
  /** Milliseconds from any moment, never stepping back. Default: `performance.now`. */
  readonly elapsed?: () => number;
  /** Called once, when memory may not hold what the log does: nothing more is acknowledged, and only a new start brings the two together. */
  readonly onFailure: (error: WriteFailedError) => void;
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
  /** Members of the last group, and those who waited when it was durable. */
  private expected = 0;
  /** How long the next group may be held back for them, by `elapsed`. */
  private gatherUntil = 0;
  private readonly elapsed: () => number;

  constructor(
    private readonly table: OrderedTable,
    private readonly log: GroupLog,
    private readonly clock: Clock,
    private readonly options: CommitLoopOptions,
  ) {
    this.lastRevision = options.revision;
    this.elapsed = options.elapsed ?? (() => performance.now());
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

  /**
   * Does work between two groups: none is on its way when it begins, and none leaves before it has ended.
   *
   * @throws WriteFailedError, without doing it, once memory may not hold what the log does; or what the work throws
   */
  between<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.tasks.push(async () => {
        try {
          if (this.failure !== undefined) throw this.failure;
          resolve(await work());
        } catch (error) {
          // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- what the work threw, as it is
          reject(error);
        }
      });
      this.running ??= this.run();
    });
  }

  async put(entries: readonly Entry[], onWritten: () => void): Promise<void> {
    await this.between(async () => {
      await this.putGroup(entries);
      onWritten();
    });
  }

  /** What the log holds was replaced, as of a revision. Between two groups only. */
  moveTo(revision: number): void {
    this.lastRevision = revision;
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
      await this.gather();
      const members = this.waiting;
      this.waiting = [];
      if (members.length === 0) continue;
      try {
        await this.commitGroup(members);
      } catch (error) {
        for (const { reject } of members) reject(error);
      }
    }
    this.running = undefined;
  }

  /** Most of those who were just answered send their next write at once: waiting for them a little, one sync serves all where two would serve half each (docs/adr/0026). */
  private async gather(): Promise<void> {
    const { expected, gatherUntil, elapsed } = this;
    if (this.waiting.length === 0 || expected > MOST_GATHERED) return;
    while (this.waiting.length < expected && this.tasks.length === 0 && elapsed() < gatherUntil) {
      // oxlint-disable-next-line no-await-in-loop -- each turn of the event loop may bring some
      await new Promise(setImmediate);
    }
  }

  private async commitGroup(members: readonly Waiting[]): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    const now = this.clock.now();
    const group = this.newGroup(now);
    const answers = members.map((member) => runIn(group, member));
    const startedAt = this.elapsed();
    await this.store(group, now);
    const durableAt = this.elapsed();
    this.expected = members.length + this.waiting.length;
    this.gatherUntil = durableAt + Math.min(durableAt - startedAt, GATHER_MS);
    for (const answer of answers) answer();
    this.afterWritten(group);
  }

  private async putGroup(entries: readonly Entry[]): Promise<void> {
    const group = this.newGroup(this.clock.now());
    group.put(entries);
    await this.store(group, latestOf(entries));
    this.afterWritten(group);
  }

  private newGroup(now: number): CommitGroup {
    const { table, lastRevision: revision } = this;
    return new CommitGroup({ table, now, revision, memory: this.options.memory });
  }

  /** Makes a group durable, then visible. */
  private async store(group: CommitGroup, latest: number): Promise<void> {
    try {
      if (group.written.length > 0) await this.log.write(group.written, latest);
    } catch (error) {
      if (error instanceof WriteFailedError) this.failure = error;
      this.options.afterGroup?.(error);
      throw error;
    }
    try {
      group.apply();
    } catch (error) {
      throw this.fail('what the log holds could not be put into memory', error);
    }
    this.lastRevision = group.revision;
  }

  private afterWritten(group: CommitGroup): void {
    if (group.written.length === 0) return;
    try {
      this.options.afterGroup?.();
    } catch (error) {
      this.fail('what follows a write failed', error);
    }
  }

  private fail(what: string, cause: unknown): WriteFailedError {
    this.failure = new WriteFailedError(what, { cause });
    this.options.onFailure(this.failure);
    return this.failure;
  }
}

/** When the last of some entries was written, Unix milliseconds. */
function latestOf(entries: readonly Entry[]): number {
  return entries.reduce((latest, { updatedAt }) => Math.max(latest, updatedAt), 0);
}

// One transaction's failure, such as a full store, is not its neighbours'.
function runIn(group: CommitGroup, member: Waiting): Answer {
  try {
    const { committed, revision, failedChecks, results } = group.run(member.transaction);
    return () => member.resolve({ committed, revision, failedChecks, results });
  } catch (error) {
    return () => member.reject(error);
  }
}
