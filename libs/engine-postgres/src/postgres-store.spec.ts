import { afterAll } from '@jest/globals';
import { describeKvStore, type KvStoreHarness } from '@kvasir/kv-conformance';
import type { KvStore } from '@kvasir/kv-core';
import { useTestDatabase } from '@kvasir/test-harness';
import { openPostgresStore } from './open-postgres-store.js';
import { setClock, useManualClock } from './testing/manual-clock.js';

const START = 1_700_000_000_000;

/** Emptying a schema is much faster than making one, and most of a short test's time would go into opening and closing connections. */
interface Spare {
  readonly schema: string;
  /** Still open: the test before has not closed it. */
  readonly store: KvStore | undefined;
}

/** What tests are done with. */
const spare = { complete: [] as Spare[], withoutFunction: [] as Spare[] };

// Before the database's own hook: while the server is there.
afterAll(async () => {
  await Promise.all([...spare.complete, ...spare.withoutFunction].map(async ({ store }) => store?.close()));
});

const database = useTestDatabase();

class PostgresHarness implements KvStoreHarness {
  private time = START;
  private readonly stores: KvStore[] = [];
  private readonly closed = new Set<KvStore>();

  private constructor(
    private readonly schema: string,
    private readonly kind: keyof typeof spare,
    private kept?: KvStore,
  ) {}

  static async create(kind: keyof typeof spare): Promise<PostgresHarness> {
    const used = spare[kind].pop();
    if (used !== undefined) return new PostgresHarness(used.schema, kind, used.store);
    const schema = database.newSchema();
    const store = await openPostgresStore({ url: database.url(), schema });
    await store.close();
    await useManualClock(database, schema, START);
    if (kind === 'withoutFunction') await database.query(`DROP FUNCTION ${schema}.kvasir_put`);
    return new PostgresHarness(schema, kind);
  }

  async open(): Promise<KvStore> {
    const store =
      this.kept ?? (await openPostgresStore({ url: database.url(), schema: this.schema, poolSize: 4, migrate: false }));
    this.kept = undefined;
    const close = Object.getPrototypeOf(store).close as KvStore['close'];
    this.stores.push(
      Object.assign(store, {
        close: () => {
          this.closed.add(store);
          return close.call(store);
        },
      }),
    );
    return store;
  }

  async reopen(): Promise<KvStore> {
    await this.closeAll();
    return this.open();
  }

  openAnother(): Promise<KvStore> {
    return this.open();
  }

  now(): number {
    return this.time;
  }

  async advanceTime(milliseconds: number): Promise<void> {
    this.time += milliseconds;
    await setClock(database, this.schema, this.time);
  }

  async destroy(): Promise<void> {
    const [store, ...others] = this.stores.filter((one) => !this.closed.has(one));
    await Promise.all(others.map((other) => other.close()));
    await database.query(
      `DELETE FROM ${this.schema}.entries;
       UPDATE ${this.schema}.state SET revision = 0, last_time = 0, keys = 0, bytes = 0;
       UPDATE ${this.schema}.sweep SET keys = 0, bytes = 0;
       UPDATE ${this.schema}.test_clock SET now = ${START}`,
    );
    spare[this.kind].push({ schema: this.schema, store });
  }

  private async closeAll(): Promise<void> {
    await Promise.all(this.stores.map((store) => store.close()));
  }
}

describeKvStore('the PostgreSQL engine', {
  capabilities: { durable: true, shared: true },
  createHarness: () => PostgresHarness.create('complete'),
});

describeKvStore('the PostgreSQL engine on a database without PL/pgSQL', {
  capabilities: { durable: true, shared: true },
  createHarness: () => PostgresHarness.create('withoutFunction'),
});
