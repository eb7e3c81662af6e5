import {
  DataCorruptError,
  livingOf,
  NEVER,
  requireEmpty,
  revisionAfterReplace,
  type Entry,
  type LoadOptions,
  type LoadResult,
} from '@kvasir/kv-core';
import type { Client } from 'pg';
import type { Database } from './database.js';
import { failureKind, outcomeUnknown, storeErrorOf } from './database-failure.js';
import type { CountRow, MomentRow, StateRow } from './rows.js';
import type { Statement, Statements } from './statements.js';

/**
 * Loads entries, all or none, in every mode: they are collected in a table of this session alone, which nobody waits for and which goes with the session; then one transaction locks the state and puts
 * them in. Writes of all processes wait for that transaction.
 *
 * @throws KvError, or what the batches throw; only after an OUTCOME_UNKNOWN the entries may be there
 */
export async function loadIntoDatabase(
  database: Database,
  statements: Statements,
  batches: AsyncIterable<readonly Entry[]>,
  options: LoadOptions,
): Promise<LoadResult> {
  const client = await database.connectApart().catch((error: unknown) => {
    throw storeErrorOf(error);
  });
  try {
    return await new DatabaseLoad(database, client, statements, options).run(batches);
  } finally {
    await client.end().catch(() => undefined);
  }
}

class DatabaseLoad {
  private entries = 0;
  private expired = 0;
  private highest: number;
  /** When the last of them was written, Unix milliseconds. */
  private latest = 0;

  constructor(
    private readonly database: Database,
    private readonly client: Client,
    private readonly statements: Statements,
    private readonly options: LoadOptions,
  ) {
    this.highest = options.revision ?? 0;
  }

  async run(batches: AsyncIterable<readonly Entry[]>): Promise<LoadResult> {
    const now = await this.ask(() => this.begin());
    for await (const batch of batches) {
      const living = livingOf(batch, now);
      this.expired += batch.length - living.length;
      for (const { revision, updatedAt } of batch) {
        if (revision > this.highest) this.highest = revision;
        if (updatedAt > this.latest) this.latest = updatedAt;
      }
      if (living.length > 0) await this.ask(() => this.stage(living));
    }
    const revision = await this.ask(() => this.apply());
    return { entries: this.entries, expired: this.expired, revision };
  }

  private async begin(): Promise<number> {
    const { database, client, statements } = this;
    const [, now] = await this.moment();
    await client.query(database.short(statements.createStage));
    return now;
  }

  private async stage(entries: readonly Entry[]): Promise<void> {
    await this.client.query(this.database.short(this.statements.stage), [
      entries.map(({ key }) => key),
      entries.map(({ value }) => value),
      entries.map(({ revision }) => revision),
      entries.map(({ createdAt }) => createdAt),
      entries.map(({ updatedAt }) => updatedAt),
      entries.map(({ expiresAt }) => (expiresAt === NEVER ? null : expiresAt)),
    ]);
  }

  private async apply(): Promise<number> {
    const { database, client, statements, options } = this;
    await client.query(statements.analyzeStage);
    // As in a flush: other levels would refuse, not wait, when another process has flushed since the transaction began.
    await client.query(database.short({ text: 'BEGIN ISOLATION LEVEL READ COMMITTED' }));
    // Nothing but its own answers is waited for from here on: a host that vanished must not keep the state locked.
    const idle = `SET LOCAL idle_in_transaction_session_timeout = ${database.timeoutMs}`;
    await client.query(database.short({ text: idle }));
    const state = await client.query<StateRow>(statements.lockState);
    const [before, now] = oneRow(state.rows, 'state');
    let revision: number;
    let gone: CountRow;
    let come: CountRow;
    if (options.mode === 'merge') {
      gone = await this.count(statements.lockStaged);
      come = await this.count(statements.mergeStaged, [before]);
      revision = before + come[0];
    } else {
      await this.moment();
      gone = await this.count(statements.removeAll);
      come = await this.count(statements.insertStaged);
      revision = revisionAfterReplace(before, this.highest);
    }
    [this.entries] = come;
    const time = this.entries === 0 ? now : Math.max(now, this.latest);
    await client.query(statements.moveState, [revision, time, come[0] - gone[0], come[1] - gone[1]]);
    await client.query('COMMIT').catch((error: unknown) => {
      throw failureKind(error) === 'lost' ? outcomeUnknown(error) : error;
    });
    return revision;
  }

  /** What there is now; a `fill` is refused when there is anything. */
  private async moment(): Promise<MomentRow> {
    const { rows } = await this.client.query<MomentRow>(this.database.short(this.statements.moment));
    const moment = oneRow(rows, 'state');
    requireEmpty(this.options.mode, moment[2]);
    return moment;
  }

  private async count(statement: Statement, values: unknown[] = []): Promise<CountRow> {
    const { rows } = await this.client.query<CountRow>(statement, values);
    return oneRow(rows, 'entries');
  }

  private async ask<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      throw storeErrorOf(error);
    }
  }
}

function oneRow<Row>(rows: readonly Row[], table: string): Row {
  const [row] = rows;
  if (row === undefined) throw new DataCorruptError(`the table "${table}" has lost its row`);
  return row;
}
