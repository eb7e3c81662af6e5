import { describe, expect, it } from '@jest/globals';
import { trustJsonText, type Entry } from '@kvasir/kv-core';
import { useTestDatabase } from '@kvasir/test-harness';
import { codeOf, put, until, useStores } from './testing/opened-stores.js';

const database = useTestDatabase();
const stores = useStores();

function many(count: number): Entry[] {
  const now = Date.now();
  return Array.from({ length: count }, (_, i) => ({
    key: `key-${String(i).padStart(6, '0')}`,
    value: trustJsonText(`"${'x'.repeat(i % 100)}"`),
    revision: i + 1,
    createdAt: now - 5,
    updatedAt: now - 5,
    expiresAt: Infinity,
  }));
}

function* inBatches(entries: readonly Entry[]): Generator<readonly Entry[]> {
  for (let at = 0; at < entries.length; at += 250) yield entries.slice(at, at + 250);
}

/** Ends the connections whose last statement begins so. */
async function killConnections(statement: string): Promise<void> {
  await until(
    () =>
      database.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE $1 AND pid <> pg_backend_pid()`,
        [`${statement}%`],
      ),
    (rows) => rows.length > 0,
  );
}

describe('a snapshot of a database', () => {
  it('takes no connection of the pool, and ends its own', async () => {
    const schema = database.newSchema();
    const store = await stores.open({ url: database.url(), schema, poolSize: 2 });
    await store.load(inBatches(many(3000)), { mode: 'fill' });
    const snapshots = await Promise.all([store.snapshot(), store.snapshot(), store.snapshot()]);
    await put(store, 'key-000000', '2');
    expect((await store.get('key-000000'))?.value).toBe('2');
    await Promise.all(snapshots.map((snapshot) => snapshot.close()));
    const open = `SELECT 1 FROM pg_stat_activity WHERE query LIKE '%${schema}%' AND state LIKE 'idle in%' AND pid <> pg_backend_pid()`;
    await until(
      () => database.query(open),
      (rows) => rows.length === 0,
    );
  });

  it('comes in pages of about a MiB, however large the values are', async () => {
    const store = await stores.open({ url: database.url(), schema: database.newSchema() });
    const large = many(12).map((entry) => ({ ...entry, value: trustJsonText(`"${'é'.repeat(200_000)}"`) }));
    await store.load(inBatches(large), { mode: 'fill' });
    const sizes: number[] = [];
    const entries: Entry[] = [];
    for await (const batch of await store.snapshot()) {
      sizes.push(batch.length);
      entries.push(...batch);
    }
    expect(entries).toEqual(large);
    expect(sizes).toEqual([3, 3, 3, 3]);
  });

  it('whose connection is lost ends with an error, not as if it were whole; the store goes on', async () => {
    const schema = database.newSchema();
    const store = await stores.open({ url: database.url(), schema });
    await store.load(inBatches(many(3000)), { mode: 'fill' });
    const batches = (await store.snapshot())[Symbol.asyncIterator]();
    await batches.next();
    await killConnections('SELECT e.key, e.value, e.revision, e.created_at, e.updated_at, e.expires_at FROM (');
    expect(await codeOf(batches.next())).toBe('STORE_UNAVAILABLE');
    await put(store, 'a');
  });
});

describe('a load into a database', () => {
  it.each(['replace', 'merge'] as const)('(%s) whose connection is lost changes nothing', async (mode) => {
    const schema = database.newSchema();
    const store = await stores.open({ url: database.url(), schema });
    await put(store, 'key-000000', '"old"');
    const before = [(await store.list({ limit: 10 })).items, await store.stats()];
    async function* killed(): AsyncGenerator<readonly Entry[]> {
      yield* inBatches(many(1000));
      await killConnections('INSERT INTO pg_temp.kvasir_load');
      yield many(1001).slice(1000);
    }
    expect(await codeOf(store.load(killed(), { mode }))).toBe('STORE_UNAVAILABLE');
    expect([(await store.list({ limit: 10 })).items, await store.stats()]).toEqual(before);
    expect((await store.load(inBatches(many(1000)), { mode })).entries).toBe(1000);
  });

  it.each(['replace', 'merge'] as const)(
    '(%s) beside writes and sweeps of other processes keeps the figures right',
    async (mode) => {
      const schema = database.newSchema();
      const [store, other] = [
        await stores.open({ url: database.url(), schema }),
        await stores.open({ url: database.url(), schema }),
      ];
      let done = false;
      const writing = (async () => {
        for (let n = 0; !done; n++) {
          const set = {
            type: 'set',
            key: `key-00${n % 1000}`,
            value: trustJsonText(`${n}`),
            ttlMs: 1 + (n % 20),
          } as const;
          await other.commit({ atomic: true, operations: [set] });
          await other.purgeExpired(1000);
        }
      })();
      for (let i = 0; i < 5; i++) await store.load(inBatches(many(700)), { mode });
      done = true;
      await writing;
      // An entry that is about to expire would be in one of the two figures, and not in the other.
      await until(
        async () => (await other.list({ limit: 10_000 })).items,
        (items) => items.every(({ expiresAt }) => expiresAt === Infinity),
      );
      await until(
        () => other.purgeExpired(1000),
        (swept) => swept === 0,
      );
      const after = (await store.list({ limit: 10_000 })).items;
      const stats = await store.stats();
      expect(stats.keys).toBe(after.length);
      expect(stats.sizeBytes).toBe(after.reduce((sum, { value }) => sum + Buffer.byteLength(value), 0));
    },
  );
});
