import type { ClientBase } from 'pg';
import type { Database } from './database.js';
import type { Statements } from './statements.js';

/** Bounds how long a flush may wait for a key that a sweep removes. */
const MOST_KEYS_PER_STEP = 1000;

/**
 * Removes up to `limit` expired entries; resolves to how many. While another process sweeps it resolves to 0: that one does the work of both. It touches neither the state nor
 * any key that a flush is at, so no write waits for more than one step.
 *
 * @throws KvError
 */
export async function sweep(database: Database, statements: Statements, limit: number): Promise<number> {
  let swept = 0;
  while (swept < limit) {
    const step = Math.min(limit - swept, MOST_KEYS_PER_STEP);
    const count = await database.ask((client) => sweepStep(client, statements, step));
    swept += count;
    if (count < step) break;
  }
  return swept;
}

async function sweepStep(client: ClientBase, statements: Statements, limit: number): Promise<number> {
  await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
  try {
    const turn = await client.query(statements.takeSweepTurn);
    const keys = turn.rows.length === 0 ? [] : (await client.query<[string]>(statements.lockExpired, [limit])).rows;
    if (keys.length > 0) {
      const { rows } = await client.query<[number]>(statements.sweepAway, [keys.map(([key]) => key)]);
      await client.query(statements.countSwept, [rows.length, rows.reduce((sum, [bytes]) => sum + bytes, 0)]);
    }
    await client.query('COMMIT');
    return keys.length;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
