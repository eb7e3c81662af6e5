import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { openLogStore } from '@kvasir/engine-wal';
import { openPostgresStore } from '@kvasir/engine-postgres';
import { trustJsonText, type Entry, type KvStore } from '@kvasir/kv-core';
import { useTestDatabase, useTestServices } from '@kvasir/test-harness';

const MAIN = join(fileURLToPath(new URL('../../../', import.meta.url)), 'dist/apps/cli/src/main.js');

/** Enough for a copy to be caught in the act. */
const MANY = 40_000;

const PASSWORD = 'the-secret-of-this-test';

const services = useTestServices();
const database = useTestDatabase();
const running: ChildProcess[] = [];
afterEach(() => running.splice(0).forEach((child) => child.kill('SIGKILL')));

function kvasir(args: readonly string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: 'utf8',
    timeout: 60_000,
    env: { DATABASE_URL: database.url(), ...env },
  });
  return { status, stdout, stderr };
}

async function withLog<Result>(directory: string, work: (store: KvStore) => Promise<Result>): Promise<Result> {
  const { store } = await openLogStore({
    directory,
    onFailure: (error) => {
      throw error;
    },
  });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

async function withSchema<Result>(schema: string, work: (store: KvStore) => Promise<Result>): Promise<Result> {
  const store = await openPostgresStore({ url: database.url(), schema, poolSize: 2 });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

async function contentOf(store: KvStore): Promise<{ entries: Entry[]; revision: number }> {
  const snapshot = await store.snapshot();
  const entries: Entry[] = [];
  for await (const batch of snapshot) entries.push(...batch);
  return { entries, revision: snapshot.revision };
}

/** A history in which every field counts. */
async function write(store: KvStore): Promise<void> {
  const put = (key: string, value: string, ttlMs?: number) =>
    store.commit({ atomic: false, operations: [{ type: 'set', key, value: trustJsonText(value), ttlMs }] });
  for (let i = 0; i < 300; i++) await put(`key-${i}`, `[${i},1.10]`, i % 3 === 0 ? 1_000_000 + i : undefined);
  await put('\u{1f600}\n"\\', '{"a":"\\ud800","b":12345678901234567890}');
  await put('key-7', '"overwritten"');
  await store.commit({ atomic: false, operations: [{ type: 'delete', key: 'key-8' }] });
  await put('expired', '1', 1);
}

describe('kvasir copy', () => {
  let small: string;
  let large: string;

  beforeAll(async () => {
    [small, large] = [services.directory(), services.directory()];
    await withLog(small, write);
    await withLog(large, (store) =>
      store.commit({
        atomic: false,
        operations: Array.from({ length: MANY }, (_, i) => ({
          type: 'set' as const,
          key: `key-${i}`,
          value: trustJsonText(`"${'x'.repeat(i % 300)}"`),
        })),
      }),
    );
  }, 60_000);

  it('takes a log into a database and back: the same entries in all their fields, and the revision', async () => {
    const schema = database.newSchema();
    const there = kvasir(['copy', '--from', `wal:${small}`, '--to', 'postgres:', '--to-schema', schema]);
    expect({ status: there.status, stderr: there.stderr }).toEqual({ status: 0, stderr: '' });
    expect(there.stdout).toMatch(
      new RegExp(
        `^300 entries of revision 304 copied, and compared: ${small} to PostgreSQL at .*, schema ${schema}\\.\n$`,
      ),
    );
    const before = await withLog(small, contentOf);
    expect(before.entries).toHaveLength(300);
    expect(await withSchema(schema, contentOf)).toEqual(before);

    const back = join(services.directory(), 'new');
    const url = database.url();
    expect(kvasir(['copy', '--from', url, '--from-schema', schema, '--to', `wal:${back}`])).toMatchObject({
      status: 0,
    });
    expect(await withLog(back, contentOf)).toEqual(before);
    expect(kvasir(['wal', 'check', back])).toMatchObject({ status: 0 });

    const second = database.newSchema();
    const args = [
      'copy',
      '--from',
      `postgres:${url}`,
      '--from-schema',
      schema,
      '--to',
      'postgres:',
      '--to-schema',
      second,
    ];
    expect(kvasir(args)).toMatchObject({ status: 0 });
    expect(await withSchema(second, contentOf)).toEqual(before);
    expect(kvasir(['copy', '--from', `wal:${back}`, '--to', `wal:${services.directory()}`])).toMatchObject({
      status: 0,
    });
  });

  it('run again after its end only compares; a target with something else is left as it is', async () => {
    const target = services.directory();
    expect(kvasir(['copy', '--from', `wal:${small}`, '--to', `wal:${target}`])).toMatchObject({ status: 0 });
    const again = kvasir(['copy', '--from', `wal:${small}`, '--to', `wal:${target}`]);
    expect(again).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('are there already, all of them the same'),
    });
    await withLog(target, (store) => store.commit({ atomic: false, operations: [{ type: 'delete', key: 'key-1' }] }));
    const before = await withLog(target, contentOf);
    const refused = kvasir(['copy', '--from', `wal:${small}`, '--to', `wal:${target}`]);
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect(refused.stderr).toContain(`${target} holds other entries than ${small}; a copy needs an empty store`);
    expect(await withLog(target, contentOf)).toEqual(before);
  });

  function start(args: readonly string[]): { child: ChildProcess; ended: Promise<unknown> } {
    const child = spawn(process.execPath, [MAIN, ...args], { stdio: 'ignore', env: { DATABASE_URL: database.url() } });
    running.push(child);
    return { child, ended: once(child, 'close') };
  }

  it('killed midway into a log leaves the target empty, and starts over', async () => {
    const target = services.directory();
    const args = ['copy', '--from', `wal:${large}`, '--to', `wal:${target}`];
    const { child, ended } = start(args);
    const file = join(target, 'wal.log.load');
    while (!existsSync(file) || statSync(file).size === 0) {
      expect(child.exitCode).toBeNull();
      await new Promise(setImmediate);
    }
    child.kill('SIGKILL');
    await ended;
    expect(readFileSync(join(target, 'wal.log'), 'utf8')).toBe('');
    expect(await withLog(target, contentOf)).toEqual({ entries: [], revision: 0 });
    expect(readdirSync(target)).not.toContain('wal.log.load');
    expect(kvasir(args)).toMatchObject({ status: 0 });
    expect(await withLog(target, contentOf)).toEqual(await withLog(large, contentOf));
  });

  it('killed midway into a database leaves the target empty, and starts over', async () => {
    const schema = database.newSchema();
    const args = ['copy', '--from', `wal:${large}`, '--to', 'postgres:', '--to-schema', schema];
    const { child, ended } = start(args);
    const loading = `SELECT 1 FROM pg_stat_activity WHERE query LIKE 'INSERT INTO pg_temp.kvasir_load%'`;
    while ((await database.query(loading)).length === 0) expect(child.exitCode).toBeNull();
    child.kill('SIGKILL');
    await ended;
    expect(await withSchema(schema, contentOf)).toEqual({ entries: [], revision: 0 });
    expect(kvasir(args)).toMatchObject({ status: 0 });
    expect(await withSchema(schema, contentOf)).toEqual(await withLog(large, contentOf));
  });

  it('says what is wrong, never with a password', async () => {
    const url = new URL(database.url());
    url.password = PASSWORD;
    url.pathname = '/no-such-database';
    const empty = services.directory();
    for (const [from, message] of [
      [url.href, /no-such-database|password/],
      [`postgres:${url.href}`, /no-such-database|password/],
      [`mysql://user:${PASSWORD}@host/db`, /--from is none of these/],
      ['http://localhost:8000', /--from is a service; this command works on a store itself/],
      [`wal:${empty}`, /there is no wal.log in/],
    ] as const) {
      const { status, stdout, stderr } = kvasir(['copy', '--from', from, '--to', `wal:${services.directory()}`]);
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
      expect(stderr).toMatch(message);
      expect(stderr).not.toContain(PASSWORD);
    }
    expect(readdirSync(empty)).toEqual([]);
    const unset = kvasir(['copy', '--from', 'postgres:', '--to', `wal:${empty}`], { DATABASE_URL: '' });
    expect(unset.stderr).toContain('DATABASE_URL');
  });

  it('is refused by a directory that is in use', async () => {
    const service = await services.start();
    const { status, stderr } = kvasir([
      'copy',
      '--from',
      `wal:${service.directory}`,
      '--to',
      `wal:${services.directory()}`,
    ]);
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining(service.directory) });
  });
});
