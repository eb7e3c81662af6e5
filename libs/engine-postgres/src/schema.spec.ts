import { describe, expect, it } from '@jest/globals';
import type { KvStore } from '@kvasir/kv-core';
import { trustJsonText } from '@kvasir/kv-core';
import { useTestDatabase } from '@kvasir/test-harness';
import { openPostgresStore } from './open-postgres-store.js';
import { keyBoundsOf } from './list-query.js';
import { Statements } from './statements.js';

const database = useTestDatabase();

async function withStores(stores: Promise<KvStore>[], work: (stores: KvStore[]) => Promise<void>): Promise<void> {
  const opened = await Promise.allSettled(stores);
  try {
    await work(await Promise.all(stores));
  } finally {
    for (const result of opened) if (result.status === 'fulfilled') await result.value.close();
  }
}

describe('the schema', () => {
  it('is made once when ten stores open at once', async () => {
    const schema = database.newSchema();
    const lines: string[] = [];
    const log = (_level: string, message: string): void => void lines.push(message);
    const opening = Array.from({ length: 10 }, () =>
      openPostgresStore({ url: database.url(), schema, poolSize: 2, log }),
    );
    await withStores(opening, async (stores) => {
      const results = await Promise.all(
        stores.map((store) =>
          store.commit({ atomic: true, operations: [{ type: 'set', key: 'a', value: trustJsonText('1') }] }),
        ),
      );
      expect(results.map(({ revision }) => revision).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    });
    expect(lines.filter((line) => line.startsWith('applied the migration 0001-entries'))).toHaveLength(1);
  });

  it('may have any name', async () => {
    const schema = `${database.newSchema()} "Ö'$x$`;
    await withStores([openPostgresStore({ url: database.url(), schema })], async ([store]) => {
      expect(await store!.stats()).toEqual({ keys: 0, sizeBytes: 0, revision: 0 });
      await store!.commit({ atomic: true, operations: [{ type: 'set', key: 'a', value: trustJsonText('1') }] });
      expect((await store!.stats()).keys).toBe(1);
    });
    await database.query(`DROP SCHEMA "${schema.replaceAll('"', '""')}" CASCADE`);
  });

  it('that is missing is refused by a store that may not migrate', async () => {
    const schema = database.newSchema();
    await expect(openPostgresStore({ url: database.url(), schema, migrate: false })).rejects.toMatchObject({
      code: 'SCHEMA_UNSUPPORTED',
      message: expect.stringMatching(/lacks 0001-entries.* may not migrate it/),
    });
    expect(await database.query(`SELECT 1 FROM pg_namespace WHERE nspname = $1`, [schema])).toEqual([]);
  });

  it('that is there is used by a store that may not migrate', async () => {
    const schema = database.newSchema();
    await withStores([openPostgresStore({ url: database.url(), schema })], async () => {});
    await withStores([openPostgresStore({ url: database.url(), schema, migrate: false })], async ([store]) => {
      expect((await store!.stats()).keys).toBe(0);
    });
  });

  it('of a newer version is refused, whether the store may migrate or not', async () => {
    const schema = database.newSchema();
    await withStores([openPostgresStore({ url: database.url(), schema })], async () => {});
    await database.query(`INSERT INTO ${schema}.migrations VALUES ('9999-later', '2099-01-01T00:00:00.000Z')`);
    for (const migrate of [true, false]) {
      await expect(openPostgresStore({ url: database.url(), schema, migrate })).rejects.toMatchObject({
        code: 'SCHEMA_UNSUPPORTED',
        message: expect.stringMatching(/made by a newer version: it has 9999-later/),
      });
    }
  });

  it.each([
    { schema: '', problem: /the schema is ""/ },
    { schema: 'x'.repeat(64), problem: /its name has 1 to 63 bytes/ },
    { poolSize: 1, problem: /the pool size is 1/ },
  ])('is not looked for with options that do not fit (%#)', async ({ problem, ...options }) => {
    await expect(openPostgresStore({ url: database.url(), ...options })).rejects.toThrow(problem);
  });

  it('serves every listing from its index, in order', async () => {
    const schema = database.newSchema();
    await withStores([openPostgresStore({ url: database.url(), schema })], async () => {
      await database.query(
        `INSERT INTO ${schema}.entries
         SELECT 'key-' || i, '1', i, 0, 0, NULL FROM generate_series(1, 20000) AS i`,
      );
      await database.query(`ANALYZE ${schema}.entries`);
      const queries = [
        { prefix: 'key-1' },
        { start: 'key-2', end: 'key-9', after: 'key-5' },
        { prefix: 'key-', reverse: true },
      ];
      for (const query of queries) {
        const { operators, values } = keyBoundsOf({ ...query, limit: 100 });
        const { text } = new Statements(schema).list(operators, query.reverse === true, false);
        const plan = await database.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${text}`, [...values, 101]);
        const lines = plan.map((row) => row['QUERY PLAN']).join('\n');
        expect(lines).toMatch(/Index Scan (Backward )?using entries_pkey/);
        expect(lines).toMatch(/Index Cond: .*key/);
        expect(lines).not.toMatch(/Seq Scan on entries|Sort/);
      }
    });
  });
});
