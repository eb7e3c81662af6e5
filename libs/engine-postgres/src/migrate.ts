import { SchemaUnsupportedError } from '@kvasir/kv-core';
import { Kysely, Migrator, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { ConnectionTarget } from './connection-url.js';
import { ConnectError, sqlState } from './database-failure.js';
import { migrations } from './migrations.js';
import type { PostgresLog } from './options.js';

const UNDEFINED_TABLE = '42P01';
const INVALID_SCHEMA = '3F000';

/** The tables that a store finds or makes. */
export interface SchemaOptions {
  readonly target: ConnectionTarget;
  readonly schema: string;
  /** Whether missing migrations are applied; else they are refused. */
  readonly migrate: boolean;
  /** Milliseconds that connecting may take. Migrations themselves take what they need. */
  readonly timeoutMs: number;
  readonly log: PostgresLog;
}

/** What a database offers beyond what every engine statement needs. */
export interface SchemaCapabilities {
  /** The function `kvasir_put` is there. */
  readonly putFunction: boolean;
}

/**
 * Sees to it that the schema's tables are those that this version works on. Any number of processes may do so at once: one migrates and the others wait for it.
 *
 * @throws SchemaUnsupportedError when they are newer, or missing and not to be made, or the database is not in UTF-8
 * @throws ConnectError or pg's errors when the database does not answer or refuses
 */
export async function prepareSchema(options: SchemaOptions): Promise<SchemaCapabilities> {
  const { target, timeoutMs } = options;
  const pool = new pg.Pool({ ...target.config, max: 1, connectionTimeoutMillis: timeoutMs });
  pool.on('error', () => undefined);
  try {
    const client = await pool.connect().catch((error: unknown) => {
      throw new ConnectError(error);
    });
    try {
      await requireUtf8(client);
    } finally {
      client.release();
    }
    if (!(await isCurrent(pool, options))) await migrateToLatest(pool, options);
    return await probe(pool, options.schema);
  } finally {
    await pool.end();
  }
}

async function requireUtf8(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ encoding: string }>(`SELECT current_setting('server_encoding') AS encoding`);
  const encoding = rows[0]?.encoding;
  if (encoding !== 'UTF8') {
    throw new SchemaUnsupportedError(
      `the database's encoding is ${encoding}; it must be UTF8, which keys and values are`,
    );
  }
}

async function probe(pool: pg.Pool, schema: string): Promise<SchemaCapabilities> {
  const { rows } = await pool.query(
    `SELECT 1 FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.proname = 'kvasir_put' AND n.nspname = $1`,
    [schema],
  );
  return { putFunction: rows.length > 0 };
}

/** Whether nothing is left to do. */
async function isCurrent(pool: pg.Pool, { schema, migrate, target }: SchemaOptions): Promise<boolean> {
  const known = Object.keys(migrations(schema));
  const applied = await appliedMigrations(pool, schema);
  const unknown = applied.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new SchemaUnsupportedError(
      `the schema "${schema}" of ${target.description} was made by a newer version: it has ${unknown.join(', ')}, and this version knows up to ${known.at(-1)}; start a newer version`,
    );
  }
  const missing = known.filter((name) => !applied.includes(name));
  if (missing.length > 0 && !migrate) {
    throw new SchemaUnsupportedError(
      `the schema "${schema}" of ${target.description} lacks ${missing.join(', ')}, and this process may not migrate it; start one that may, once`,
    );
  }
  return missing.length === 0;
}

async function appliedMigrations(pool: pg.Pool, schema: string): Promise<string[]> {
  try {
    const { rows } = await pool.query<{ name: string }>(
      `SELECT name FROM ${pg.escapeIdentifier(schema)}.migrations ORDER BY name`,
    );
    return rows.map(({ name }) => name);
  } catch (error) {
    const state = sqlState(error);
    if (state === UNDEFINED_TABLE || state === INVALID_SCHEMA) return [];
    throw error;
  }
}

async function migrateToLatest(pool: pg.Pool, options: SchemaOptions): Promise<void> {
  const { schema, log, target } = options;
  // Not destroyed: that would end the pool, which is the caller's.
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve(migrations(schema)) },
    migrationTableName: 'migrations',
    migrationLockTableName: 'migration_lock',
    migrationTableSchema: schema,
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error !== undefined) {
    // A newer process may have been here first.
    await isCurrent(pool, options);
    throw error as Error;
  }
  for (const { migrationName } of results ?? []) {
    log('info', `applied the migration ${migrationName} to the schema "${schema}" of ${target.description}`);
  }
}
