import { describeKvStore, type KvStoreHarness } from '@kvasir/kv-conformance';
import type { KvStore } from '@kvasir/kv-core';
import { openPostgresStore } from './open-postgres-store.js';
import { setClock, useManualClock, useTestDatabase } from './testing/test-schemas.js';

const START = 1_700_000_000_000;

const database = useTestDatabase();

/** Schemas that a test is done with. Emptying one is much faster than making one. */
const spare = { complete: [] as string[], withoutFunction: [] as string[] };

class PostgresHarness implements KvStoreHarness {
  private time = START;
  private readonly stores: KvStore[] = [];

  private constructor(
    private readonly schema: string,
    private readonly kind: keyof typeof spare,
  ) {}

  static async create(kind: keyof typeof spare): Promise<PostgresHarness> {
    const used = spare[kind].pop();
    if (used !== undefined) return new PostgresHarness(used, kind);
    const schema = database.newSchema();
    const store = await openPostgresStore({ url: database.url(), schema });
    await store.close();
    await useManualClock(database, schema, START);
    if (kind === 'withoutFunction') await database.query(`DROP FUNCTION ${schema}.kvasir_put`);
    return new PostgresHarness(schema, kind);
  }

  async open(): Promise<KvStore> {
    const store = await openPostgresStore({ url: database.url(), schema: this.schema, poolSize: 4 });
    this.stores.push(store);
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
    await this.closeAll();
    await database.query(
      `DELETE FROM ${this.schema}.entries;
       UPDATE ${this.schema}.state SET revision = 0, last_time = 0, keys = 0, bytes = 0;
       UPDATE ${this.schema}.sweep SET keys = 0, bytes = 0`,
    );
    await setClock(database, this.schema, START);
    spare[this.kind].push(this.schema);
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
