import { afterAll, beforeAll } from '@jest/globals';
import pg from 'pg';
import { usePostgres } from './postgres-server.js';

/** The database of one spec file, with a connection of the test's own. */
export interface TestDatabase {
  /** Valid inside tests and hooks. */
  url(): string;
  /** A name that no other test has; the schema is dropped at the end. */
  newSchema(): string;
  /** Runs SQL as the test itself, apart from every store. */
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
}

/** Starts a server for the spec file, or takes that of TEST_DATABASE_URL, and removes what the tests left on it. */
export function useTestDatabase(): TestDatabase {
  const schemas: string[] = [];
  let pool: pg.Pool;
  // Jest runs these hooks in the order of their registration: the server goes last and comes first.
  afterAll(async () => {
    for (const schema of schemas) await pool.query(`DROP SCHEMA IF EXISTS ${pg.escapeIdentifier(schema)} CASCADE`);
    await pool.end();
  });
  const url = usePostgres();
  beforeAll(() => {
    pool = new pg.Pool({ connectionString: url(), max: 2 });
    pool.on('error', () => undefined);
  });
  return {
    url,
    newSchema: () => {
      const schema = `kvasir_test_${process.pid}_${Date.now().toString(36)}_${schemas.length}`;
      schemas.push(schema);
      return schema;
    },
    query: async <Row extends pg.QueryResultRow>(text: string, values?: unknown[]) =>
      (await pool.query<Row>(text, values)).rows,
  };
}
