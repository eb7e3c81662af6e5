import { describe, expect, it } from '@jest/globals';
import { trustJsonText, type Entry, type KvStore } from '@kvasir/kv-core';
import { useTestDatabase } from '@kvasir/test-harness';
import pg from 'pg';
import { codeOf, everythingOf, outcomeOf, put, set, until, useStores } from './testing/opened-stores.js';
import { setClock, useManualClock } from './testing/manual-clock.js';

const database = useTestDatabase();
const { open, lines } = useStores();

/** Opens a store whose connections can be told from others by their name. */
async function openNamed(schema: string, options: { timeoutMs?: number; maxWaiting?: number } = {}): Promise<KvStore> {
  const url = new URL(database.url());
  url.searchParams.set('application_name', schema);
  return await open({ url: url.href, schema, poolSize: 4, ...options });
}

/** Does something while a transaction of the test's own holds what `lock` takes. */
async function holding<Result>(lock: string, work: (release: () => Promise<void>) => Promise<Result>): Promise<Result> {
  const client = new pg.Client(database.url());
  await client.connect();
  try {
    await client.query('BEGIN');
    await client.query(lock);
    return await work(async () => void (await client.query('ROLLBACK')));
  } finally {
    await client.end();
  }
}

/** How many connections of the store wait for a lock. */
async function waitingForLock(schema: string): Promise<number> {
  const rows = await database.query(
    `SELECT 1 FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = 'Lock'`,
    [schema],
  );
  return rows.length;
}

describe('a database that hangs', () => {
  it('is a refusal within the deadline, of reads and writes, and then all goes on', async () => {
    const schema = database.newSchema();
    const store = await openNamed(schema, { timeoutMs: 400 });
    await put(store, 'a');
    await holding(`LOCK TABLE ${schema}.entries, ${schema}.state`, async (release) => {
      const startedAt = performance.now();
      const calls = [store.get('a'), store.list({ limit: 1 }), store.stats(), store.purgeExpired(1)];
      for (const outcome of await Promise.allSettled(calls)) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'STORE_UNAVAILABLE' } });
      }
      await expect(store.commit({ atomic: true, operations: [set('a', '2'), set('b', '2')] })).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
      });
      expect(performance.now() - startedAt).toBeLessThan(2500);
      await release();
    });
    expect(
      (
        await until(
          () => store.get('a').catch(() => undefined),
          (entry) => entry !== undefined,
        )
      )?.value,
    ).toBe('1');
    expect((await put(store, 'a', '3')).committed).toBe(true);
  });

  it('ends a snapshot and a load, too, whose short statements it does not answer', async () => {
    const schema = database.newSchema();
    const store = await openNamed(schema, { timeoutMs: 200 });
    await put(store, 'a');
    await holding(`LOCK TABLE ${schema}.entries, ${schema}.state`, async () => {
      async function* nothing(): AsyncGenerator<readonly Entry[], void, undefined> {}
      const calls = [store.snapshot(), store.load(nothing(), { mode: 'merge' })];
      for (const outcome of await Promise.allSettled(calls)) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'STORE_UNAVAILABLE' } });
      }
    });
  });

  it('never writes later what was refused as unchanged', async () => {
    const schema = database.newSchema();
    const store = await openNamed(schema, { timeoutMs: 100 });
    const reader = await openNamed(schema);
    await put(reader, 'first');
    for (let round = 0; round < 15; round++) {
      await holding(`SELECT 1 FROM ${schema}.state FOR UPDATE`, async (release) => {
        const keys = [`a-${round}`, `b-${round}`];
        const code = codeOf(store.commit({ atomic: true, operations: keys.map((key) => set(key, '1')) }));
        // Around the deadline, so that the lock comes before it, after it, and at the same time.
        await new Promise((resolve) => setTimeout(resolve, 93 + round));
        await release();
        if ((await code) === 'STORE_UNAVAILABLE') {
          // Behind whatever that flush still does.
          await until(
            () => codeOf(put(store, 'marker')),
            (outcome) => outcome === undefined,
          );
          expect((await reader.listKeys({ prefix: keys[0]!, limit: 1 })).items).toEqual([]);
        }
      });
    }
  });

  it('leaves a lone write that it got open: it may be there later, whole', async () => {
    const schema = database.newSchema();
    const store = await openNamed(schema, { timeoutMs: 400 });
    await put(store, 'a');
    await holding(`SELECT 1 FROM ${schema}.state FOR UPDATE`, async () => {
      const outcome = await codeOf(put(store, 'a', '2'));
      // Whichever limit is first: the server's, after which it is not there, or the engine's own, after which it may be.
      expect(['STORE_UNAVAILABLE', 'OUTCOME_UNKNOWN']).toContain(outcome);
    });
    expect(['1', '2']).toContain((await store.get('a'))?.value);
  });

  it('makes a bounded number of calls wait, and refuses more at once', async () => {
    const schema = database.newSchema();
    const store = await openNamed(schema, { timeoutMs: 10_000, maxWaiting: 5 });
    await put(store, 'a');
    await holding(`LOCK TABLE ${schema}.entries, ${schema}.state`, async (release) => {
      const calls = Array.from({ length: 40 }, (_, i) => [
        store.get(`key-${i}`),
        put(store, `key-${i}`),
        store.listKeys({ limit: 1 }),
      ]).flat();
      const outcomes = calls.map(outcomeOf);
      const refused = await Promise.race(outcomes);
      expect(refused).toBe('5 calls wait for the database already; nothing was changed');
      await release();
      const all = await Promise.all(outcomes);
      expect(all.filter((outcome) => outcome === 'done').length).toBeGreaterThanOrEqual(10);
      expect(new Set(all)).toEqual(new Set(['done', refused]));
    });
  });

  it('whose statement an administrator cancels refuses that call alone, unchanged', async () => {
    const schema = database.newSchema();
    const store = await openNamed(schema);
    await put(store, 'a');
    await holding(`SELECT 1 FROM ${schema}.state FOR UPDATE`, async () => {
      const write = store.commit({ atomic: true, operations: [set('a', '2'), set('b', '2')] });
      const outcome = outcomeOf(write);
      await until(
        () => waitingForLock(schema),
        (count) => count === 1,
      );
      await database.query(
        `SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = 'Lock'`,
        [schema],
      );
      expect(await outcome).toBe('the database cancelled the statement; nothing was changed');
    });
    expect((await store.list({ limit: 9 })).items.map(({ key, value }) => [key, value])).toEqual([['a', '1']]);
  });
});

describe('connections that are killed', () => {
  it('lose nothing that was acknowledged, and leave the rest whole or absent', async () => {
    const schema = database.newSchema();
    const store = await openNamed(schema);
    const acknowledged = new Map<number, number>();
    const unsure = new Set<number>();
    let stop = false;
    const writer = async (first: number): Promise<void> => {
      for (let i = first; !stop; i += 8) {
        const commit = store.commit({ atomic: true, operations: [set(`a-${i}`, `${i}`), set(`z-${i}`, `${i}`)] });
        const code = await codeOf(commit);
        if (code === undefined) {
          acknowledged.set(i, (await commit).revision);
        } else {
          expect(['STORE_UNAVAILABLE', 'OUTCOME_UNKNOWN']).toContain(code);
          unsure.add(i);
        }
      }
    };
    const writers = Array.from({ length: 8 }, (_, first) => writer(first));
    for (let kills = 0; kills < 15; kills++) {
      const before = acknowledged.size;
      await until(
        async () => acknowledged.size,
        (size) => size > before + 20,
      );
      await database.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1`, [
        schema,
      ]);
    }
    stop = true;
    await Promise.all(writers);

    const { items } = await store.list({ limit: 10_000 });
    const found = new Map(items.map(({ key, value }) => [key, value as string]));
    for (const i of acknowledged.keys()) expect([found.get(`a-${i}`), found.get(`z-${i}`)]).toEqual([`${i}`, `${i}`]);
    for (const i of unsure) expect(found.has(`a-${i}`)).toBe(found.has(`z-${i}`));
    expect(new Set(acknowledged.values()).size).toBe(acknowledged.size);
    const sizeBytes = items.reduce((sum, { value }) => sum + value.length, 0);
    expect(await store.stats()).toEqual({ keys: items.length, sizeBytes, revision: items.length });
  });

  it('while idle are replaced without anybody noticing', async () => {
    const schema = database.newSchema();
    const store = await openNamed(schema);
    await put(store, 'a');
    expect((await store.get('a'))?.value).toBe('1');
    await database.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1`, [
      schema,
    ]);
    const ended = 'warn: a connection to the database ended: ';
    await until(
      async () => lines.filter((line) => line.startsWith(ended)).length,
      (count) => count === 2,
    );
    expect((await store.get('a'))?.value).toBe('1');
    expect((await put(store, 'a', '2')).committed).toBe(true);
  });
});

describe('what the database does not take', () => {
  it('of one transaction is not its neighbours’ failure', async () => {
    const schema = database.newSchema();
    const store = await openNamed(schema);
    await database.query(`ALTER TABLE ${schema}.entries ADD CHECK (value <> '"bad"')`);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 40 }, (_, i) =>
        put(store, `key-${String(i).padStart(2, '0')}`, i === 17 ? '"bad"' : `${i}`),
      ),
    );
    const failed = outcomes.flatMap((outcome, i) => (outcome.status === 'rejected' ? [[i, outcome.reason]] : []));
    expect(failed).toEqual([[17, expect.objectContaining({ code: 'STORE_UNAVAILABLE' })]]);
    expect(everythingOf(failed)).not.toContain('"bad"');
    expect((await store.listKeys({ limit: 100 })).items).toHaveLength(39);
    expect(await store.stats()).toMatchObject({ keys: 39, revision: 39 });
  });

  it('for the sake of another transaction is tried again, until the deadline', async () => {
    const schema = database.newSchema();
    const store = await openNamed(schema, { timeoutMs: 1500 });
    const failing = (times: number): Promise<unknown> =>
      database.query(
        `CREATE SEQUENCE IF NOT EXISTS ${schema}.tries;
         ALTER SEQUENCE ${schema}.tries RESTART;
         CREATE OR REPLACE FUNCTION ${schema}.fail_at_first() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN
           IF nextval('${schema}.tries') <= ${times} THEN RAISE serialization_failure; END IF;
           RETURN NEW;
         END $$;
         CREATE OR REPLACE TRIGGER fail_at_first BEFORE INSERT ON ${schema}.entries
         FOR EACH STATEMENT EXECUTE FUNCTION ${schema}.fail_at_first()`,
      );
    await failing(3);
    expect((await put(store, 'lone')).revision).toBe(1);
    await failing(3);
    const pair = await store.commit({ atomic: true, operations: [set('a', '1'), set('b', '1')] });
    expect(pair.revision).toBe(3);
    await failing(1_000_000);
    await expect(put(store, 'never')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(await store.get('never')).toBeUndefined();
  });
});

describe('time', () => {
  it('does not run backwards with the database’s clock', async () => {
    const schema = database.newSchema();
    const store = await openNamed(schema);
    await useManualClock(database, schema, 1_700_000_000_000);
    const commit = (key: string, ttlMs?: number): Promise<unknown> =>
      store.commit({
        atomic: true,
        operations: [{ type: 'set', key, value: trustJsonText('1'), ...(ttlMs === undefined ? {} : { ttlMs }) }],
      });
    await commit('short', 1000);
    await setClock(database, schema, 1_700_000_005_000);
    await commit('a');
    await setClock(database, schema, 1_700_000_000_500);
    expect(await store.get('short')).toBeUndefined();
    await commit('b');
    expect(await store.get('b')).toMatchObject({ createdAt: 1_700_000_005_000 });
    expect((await store.listKeys({ limit: 9 })).items).toEqual(['a', 'b']);
    expect(await store.stats()).toMatchObject({ keys: 2 });
    expect(await store.purgeExpired(9)).toBe(1);
  });
});

describe('a sweep', () => {
  it('leaves the work to the process that is at it', async () => {
    const schema = database.newSchema();
    const store = await openNamed(schema);
    await useManualClock(database, schema, 1_700_000_000_000);
    await store.commit({ atomic: true, operations: [{ ...set('a', '1'), ttlMs: 5 }] });
    await setClock(database, schema, 1_700_000_000_005);
    await holding(`SELECT 1 FROM ${schema}.sweep FOR UPDATE`, async () => {
      expect(await store.purgeExpired(9)).toBe(0);
    });
    expect(await store.purgeExpired(9)).toBe(1);
  });

  it('neither waits for a write nor makes one wait that is at another key', async () => {
    const schema = database.newSchema();
    const store = await openNamed(schema);
    await useManualClock(database, schema, 1_700_000_000_000);
    await store.commit({
      atomic: true,
      operations: [
        { ...set('a', '1'), ttlMs: 5 },
        { ...set('b', '1'), ttlMs: 5 },
      ],
    });
    await setClock(database, schema, 1_700_000_000_005);
    await holding(`SELECT 1 FROM ${schema}.entries WHERE key = 'a' FOR UPDATE`, async () => {
      expect(await store.purgeExpired(9)).toBe(1);
      expect((await put(store, 'b', '2')).committed).toBe(true);
    });
    expect(await store.purgeExpired(9)).toBe(1);
    expect(await store.stats()).toEqual({ keys: 1, sizeBytes: 1, revision: 3 });
  });
});
