import { DataCorruptError, type SetOperation, type Transaction, type TransactionResult } from '@kvasir/kv-core';
import { failureKind, outcomeUnknown } from './database-failure.js';
import type { Database } from './database.js';
import type { PutRow } from './rows.js';
import type { Statements } from './statements.js';

/** The one operation of a lone transaction that only sets a key, whatever is there: the commonest write, and the only one that needs no answer before it. */
export function loneSet(transactions: readonly Transaction[]): SetOperation | undefined {
  const [transaction] = transactions;
  if (transaction === undefined || transactions.length > 1) return undefined;
  const { checks = [], operations } = transaction;
  const [operation] = operations;
  if (operation?.type !== 'set' || operations.length > 1 || checks.length > 0) return undefined;
  const { onlyIf, ttlMs } = operation;
  return onlyIf === undefined && (ttlMs === undefined || ttlMs > 0) ? operation : undefined;
}

/**
 * Sets a key in one round trip, as a flush of that set alone would do in two.
 *
 * @param take called once there is a connection: the set's transaction, or nothing when nobody waits for it any more
 * @param onWrite called right before it is sent; from then on a failure may leave the outcome open
 * @returns a result for the transaction that was taken
 * @throws OutcomeUnknownError when the connection was lost after it had been sent
 * @throws pg's errors otherwise; nothing was changed
 */
export async function put(
  database: Database,
  statements: Statements,
  { key, value, ttlMs }: SetOperation,
  take: () => readonly Transaction[],
  onWrite: () => void,
): Promise<readonly TransactionResult[]> {
  return await database.write(async (client) => {
    if (take().length === 0) return [];
    onWrite();
    const { rows } = await client.query<PutRow>(statements.put, [key, value, ttlMs ?? null]).catch((error: unknown) => {
      throw failureKind(error) === 'lost' ? outcomeUnknown(error) : error;
    });
    const [row] = rows;
    if (row === undefined) throw new DataCorruptError('the function "kvasir_put" gave no answer');
    const [revision, created] = row;
    return [{ committed: true, revision, failedChecks: [], results: [{ status: 'set', revision, created }] }];
  });
}
