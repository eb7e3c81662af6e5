import { DataCorruptError, type Entry, type SnapshotSource } from '@kvasir/kv-core';
import type { Client } from 'pg';
import type { Database } from './database.js';
import { storeErrorOf } from './database-failure.js';
import { entryOf, type EntryRow, type MomentRow } from './rows.js';
import type { Statements } from './statements.js';

/** No key comes before it. */
const BEFORE_ALL = '';

/**
 * All entries at one revision: a transaction of the database that sees what was there when it began, read page by page on a connection of its own. No write waits for it; the database keeps the
 * rows that are replaced meanwhile until it ends.
 */
export class DatabaseSnapshot implements SnapshotSource {
  private last = BEFORE_ALL;
  private done = false;

  private constructor(
    private readonly database: Database,
    private readonly client: Client,
    private readonly statements: Statements,
    readonly revision: number,
    readonly time: number,
    readonly keys: number,
  ) {}

  /** @throws KvError */
  static async open(database: Database, statements: Statements): Promise<DatabaseSnapshot> {
    try {
      const client = await database.connectApart();
      try {
        await client.query(database.short({ text: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY' }));
        const { rows } = await client.query<MomentRow>(database.short(statements.moment));
        const [row] = rows;
        if (row === undefined) throw new DataCorruptError('the table "state" or "sweep" has lost its row');
        return new DatabaseSnapshot(database, client, statements, ...row);
      } catch (error) {
        await client.end().catch(() => undefined);
        throw error;
      }
    } catch (error) {
      throw storeErrorOf(error);
    }
  }

  async next(): Promise<readonly Entry[] | undefined> {
    if (this.done) return undefined;
    try {
      const page = this.database.short(this.statements.snapshotPage);
      const { rows } = await this.client.query<EntryRow>(page, [this.time, this.last]);
      const entries = rows.map(entryOf);
      const last = entries.at(-1);
      this.done = last === undefined;
      this.last = last?.key ?? this.last;
      return last === undefined ? undefined : entries;
    } catch (error) {
      throw storeErrorOf(error);
    }
  }

  async close(): Promise<void> {
    this.done = true;
    // It only read: how its connection ends changes nothing.
    await this.client.end().catch(() => undefined);
  }
}
