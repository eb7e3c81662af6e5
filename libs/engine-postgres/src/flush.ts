import {
  DataCorruptError,
  NEVER,
  TransactionGroup,
  type Entry,
  type Transaction,
  type TransactionResult,
} from '@kvasir/kv-core';
import type { ClientBase } from 'pg';
import type { Database } from './database.js';
import { failureKind, outcomeUnknown } from './database-failure.js';
import { entryOf, type HeldRow, type StateRow } from './rows.js';
import type { Statements } from './statements.js';
import { flushKeysOf } from './transaction-keys.js';

// Other levels would refuse, not wait, when another process has flushed since the transaction began.
const BEGIN = 'BEGIN ISOLATION LEVEL READ COMMITTED';

const NO_VALUE = '';

/** What there was before a flush. */
interface Held {
  readonly revision: number;
  readonly now: number;
  readonly entries: ReadonlyMap<string, Entry>;
  /** The bytes of each entry's value. */
  readonly bytes: ReadonlyMap<string, number>;
}

/**
 * Commits transactions as one of the database: lock and read what they need, run the interpreter, write what changed. Two round trips, as each half's statements travel together.
 *
 * @param take called once the locks are held: which of the transactions somebody still waits for
 * @param onWrite called right before anything is written; from then on a failure may leave the outcome open
 * @returns a result for each transaction that was taken
 * @throws OutcomeUnknownError when the connection was lost after the writes had been sent
 * @throws pg's errors otherwise; nothing was changed
 */
export async function flush(
  database: Database,
  statements: Statements,
  transactions: readonly Transaction[],
  take: () => readonly Transaction[],
  onWrite: () => void,
): Promise<readonly TransactionResult[]> {
  return await database.write(async (client) => {
    try {
      const held = await lock(client, statements, transactions);
      const { entries, now, revision } = held;
      const group = new TransactionGroup({ read: (key) => entries.get(key), now, revision });
      const results = take().map((transaction) => {
        const { effects: _, ...result } = group.run(transaction);
        return result;
      });
      if (group.revision === revision) {
        await client.query('ROLLBACK');
      } else {
        onWrite();
        await write(client, statements, held, group);
      }
      return results;
    } catch (error) {
      if (client.getTransactionStatus() !== 'I') await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  });
}

async function lock(client: ClientBase, statements: Statements, transactions: readonly Transaction[]): Promise<Held> {
  const keys = flushKeysOf(transactions);
  const [, state, rows] = await allOf([
    client.query(BEGIN),
    client.query<StateRow>(statements.lockState),
    keys.all.length === 1
      ? client.query<HeldRow>(statements.lockEntry, [keys.all[0], keys.withValue.length > 0])
      : client.query<HeldRow>(statements.lockEntries, [keys.all, keys.withValue]),
  ] as const);
  const [row] = state.rows;
  if (row === undefined) throw new DataCorruptError('the table "state" has lost its row');
  const entries = new Map<string, Entry>();
  const bytes = new Map<string, number>();
  for (const [key, value, revision, createdAt, updatedAt, expiresAt, valueBytes] of rows.rows) {
    entries.set(key, entryOf([key, value ?? NO_VALUE, revision, createdAt, updatedAt, expiresAt]));
    bytes.set(key, valueBytes);
  }
  return { revision: row[0], now: row[1], entries, bytes };
}

async function write(client: ClientBase, statements: Statements, held: Held, group: TransactionGroup): Promise<void> {
  const { set, removed, keys, bytes } = changeOf(held, group.changed);
  const writes: Promise<unknown>[] = [];
  if (set.length > 0) writes.push(put(client, statements, set, held.now));
  if (removed.length > 0) writes.push(client.query(statements.remove, [removed]));
  writes.push(client.query(statements.moveState, [group.revision, held.now, keys, bytes]));
  const commit = client.query('COMMIT');
  const [outcome, ...others] = await Promise.allSettled([commit, ...writes]);
  settle(outcome, others);
}

/** `now`: when all of the entries were written. */
function put(client: ClientBase, statements: Statements, set: readonly Entry[], now: number): Promise<unknown> {
  const [first] = set;
  if (first !== undefined && set.length === 1) {
    const { key, value, revision, createdAt, expiresAt } = first;
    return client.query(statements.upsertOne, [key, value, revision, createdAt, now, expiryColumn(expiresAt)]);
  }
  return client.query(statements.upsert, [
    set.map(({ key }) => key),
    set.map(({ value }) => value),
    set.map(({ revision }) => revision),
    set.map(({ createdAt }) => createdAt),
    now,
    set.map(({ expiresAt }) => expiryColumn(expiresAt)),
  ]);
}

function expiryColumn(expiresAt: number): number | null {
  return expiresAt === NEVER ? null : expiresAt;
}

/** Tells a commit that failed from one of which nobody knows. */
function settle(
  commit: PromiseSettledResult<{ command: string }>,
  writes: readonly PromiseSettledResult<unknown>[],
): void {
  const failed = writes.find((result) => result.status === 'rejected');
  // The server's word on a statement means that it never got to the commit behind it.
  if (failed !== undefined && failureKind(failed.reason) !== 'lost') throw failed.reason;
  if (commit.status === 'rejected') {
    if (failureKind(commit.reason) !== 'lost') throw commit.reason;
    throw outcomeUnknown(commit.reason);
  }
  if (commit.value.command !== 'COMMIT') throw new Error('the database rolled the transaction back');
}

/** What a group changes in the tables. */
function changeOf(held: Held, changed: ReadonlyMap<string, Entry | undefined>) {
  const set: Entry[] = [];
  const removed: string[] = [];
  let keys = 0;
  let bytes = 0;
  for (const [key, entry] of changed) {
    const bytesBefore = held.bytes.get(key);
    if (bytesBefore !== undefined) {
      keys--;
      bytes -= bytesBefore;
    }
    if (entry !== undefined) {
      keys++;
      bytes += Buffer.byteLength(entry.value);
      set.push(entry);
    } else if (bytesBefore !== undefined) {
      removed.push(key);
    }
  }
  return { set, removed, keys, bytes };
}

/** Waits for all, also when one fails: each of them is on its way already. Rejects with the first failure. */
async function allOf<const Queries extends readonly Promise<unknown>[]>(
  queries: Queries,
): Promise<{ -readonly [Index in keyof Queries]: Awaited<Queries[Index]> }> {
  await Promise.allSettled(queries);
  return await Promise.all(queries);
}
