import type { TestDatabase } from '@kvasir/test-harness';

/** Puts a clock into a schema that stands still until {@link setClock} moves it. */
export async function useManualClock(database: TestDatabase, schema: string, now: number): Promise<void> {
  await database.query(
    `CREATE TABLE ${schema}.test_clock (now bigint NOT NULL);
     INSERT INTO ${schema}.test_clock VALUES (${now});
     CREATE OR REPLACE FUNCTION ${schema}.kvasir_now() RETURNS bigint LANGUAGE sql VOLATILE
     AS 'SELECT now FROM ${schema}.test_clock'`,
  );
}

/** `now`: Unix milliseconds. */
export async function setClock(database: TestDatabase, schema: string, now: number): Promise<void> {
  await database.query(`UPDATE ${schema}.test_clock SET now = $1`, [now]);
}
