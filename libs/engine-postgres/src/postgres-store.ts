import {
  AbstractKvStore,
  DataCorruptError,
  keysOf,
  TransactionGroup,
  type Entry,
  type ListQuery,
  type LoadOptions,
  type LoadResult,
  type Page,
  type SnapshotSource,
  type StoreCapabilities,
  type StoreStats,
  type Transaction,
  type TransactionResult,
} from '@kvasir/kv-core';
import type { Database } from './database.js';
import { loadIntoDatabase } from './database-load.js';
import { DatabaseSnapshot } from './database-snapshot.js';
import { FlushLoop } from './flush-loop.js';
import { keyBoundsOf } from './list-query.js';
import type { SchemaCapabilities } from './migrate.js';
import type { DatabaseUse, PoolUse } from './options.js';
import { ReadBatcher } from './read-batcher.js';
import { entryOf, type EntryRow } from './rows.js';
import { readLiving, readSnapshot, type Snapshot } from './reads.js';
import type { Statements } from './statements.js';
import { sweep } from './sweep.js';
import { isReadOnly } from './transaction-keys.js';

/** A store whose entries are in a database that other processes use too. Nothing is kept here, so nothing can be out of date. */
export class PostgresStore extends AbstractKvStore implements DatabaseUse {
  readonly capabilities: StoreCapabilities = { durable: true, shared: true };
  private readonly gets: ReadBatcher<ReadonlyMap<string, Entry>>;
  private readonly looks: ReadBatcher<Snapshot>;
  private readonly flushes: FlushLoop;

  constructor(
    private readonly database: Database,
    private readonly statements: Statements,
    schema: SchemaCapabilities,
  ) {
    super();
    this.gets = new ReadBatcher(database, (client, keys) => readLiving(statements, client, keys));
    this.looks = new ReadBatcher(database, (client, keys) => readSnapshot(statements, client, keys));
    this.flushes = new FlushLoop(database, statements, schema);
  }

  get pools(): readonly PoolUse[] {
    return this.database.pools;
  }

  protected async doGet(key: string): Promise<Entry | undefined> {
    return (await this.gets.read([key])).get(key);
  }

  protected async doList(query: ListQuery): Promise<Page<Entry>> {
    return pageOf(await this.listRows<EntryRow>(query, false), query.limit, entryOf);
  }

  protected async doListKeys(query: ListQuery): Promise<Page<string>> {
    return pageOf(await this.listRows<[string]>(query, true), query.limit, ([key]) => key);
  }

  protected doCommit(transaction: Transaction): Promise<TransactionResult> {
    return isReadOnly(transaction) ? this.look(transaction) : this.flushes.commit(transaction);
  }

  protected async doStats(): Promise<StoreStats> {
    const { rows } = await this.database.ask((client) => client.query<[number, number, number]>(this.statements.stats));
    const [row] = rows;
    if (row === undefined) throw new DataCorruptError('the table "state" or "sweep" has lost its row');
    const [keys, sizeBytes, revision] = row;
    return { keys, sizeBytes, revision };
  }

  protected doPurgeExpired(limit: number): Promise<number> {
    return sweep(this.database, this.statements, limit);
  }

  protected doSnapshot(): Promise<SnapshotSource> {
    return DatabaseSnapshot.open(this.database, this.statements);
  }

  protected doLoad(batches: AsyncIterable<readonly Entry[]>, options: LoadOptions): Promise<LoadResult> {
    return loadIntoDatabase(this.database, this.statements, batches, options);
  }

  protected async doClose(): Promise<void> {
    await Promise.all([this.gets.close(), this.looks.close(), this.flushes.close()]);
    await this.database.close();
  }

  /** A transaction that writes nothing needs no lock: what it reads is of one moment anyway. */
  private async look(transaction: Transaction): Promise<TransactionResult> {
    const { entries, now, revision } = await this.looks.read(keysOf(transaction));
    const { effects: _, ...result } = new TransactionGroup({ read: (key) => entries.get(key), now, revision }).run(
      transaction,
    );
    return result;
  }

  /** Asks for one row more than the page holds, to know whether there is one. */
  private async listRows<Row extends unknown[]>(query: ListQuery, keysAlone: boolean): Promise<Row[]> {
    const { operators, values } = keyBoundsOf(query);
    const statement = this.statements.list(operators, query.reverse === true, keysAlone);
    const { rows } = await this.database.ask((client) => client.query<Row>(statement, [...values, query.limit + 1]));
    return rows;
  }
}

function pageOf<Row, Item>(rows: readonly Row[], limit: number, itemOf: (row: Row) => Item): Page<Item> {
  return { items: rows.slice(0, limit).map(itemOf), more: rows.length > limit };
}
