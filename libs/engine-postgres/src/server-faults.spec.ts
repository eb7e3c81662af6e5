import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort, PostgresServer, TestAuthority, type PostgresServerOptions } from '@kvasir/test-harness';
import pg from 'pg';
import { everythingOf, outcomeOf, put, until, useStores } from './testing/opened-stores.js';

const { open, lines } = useStores();
const SETTINGS = ['fsync=off'];

let directory: string;
let server: PostgresServer | undefined;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kvasir-server-faults-'));
});

afterAll(() => rm(directory, { recursive: true, force: true }));

afterEach(async () => {
  await server?.stop();
  server = undefined;
});

/** Starts the one server of this file, over the data that it left the last time. */
async function start(options: PostgresServerOptions = {}): Promise<PostgresServer> {
  server = await PostgresServer.start({ directory, settings: SETTINGS, ...options });
  return server;
}

async function asAdministrator(url: string, ...statements: string[]): Promise<void> {
  const client = new pg.Client(url);
  client.on('error', () => undefined);
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

describe('a server that is not there', () => {
  it('at the start is waited for, and said so', async () => {
    const { url, port } = await start();
    await server?.stop();
    const opening = open({ url, schema: 'waited_for' });
    await until(
      async () => lines.length,
      (count) => count >= 2,
    );
    expect(lines[0]).toBe(
      `warn: the database at 127.0.0.1:${port}/postgres is not ready (connect ECONNREFUSED 127.0.0.1:${port}); asking again in 250 ms`,
    );
    expect(lines[1]).toContain('asking again in 500 ms');
    await start({ port });
    expect((await put(await opening, 'a')).committed).toBe(true);
  });

  it('at the start is waited for until the wait is called off', async () => {
    const port = await freePort();
    const abort = new AbortController();
    const opening = open({ url: `postgres://u:p@127.0.0.1:${port}/d`, signal: abort.signal });
    abort.abort(new Error('stopping'));
    await expect(opening).rejects.toThrow(/stopping|aborted/);
  });

  it('any more is a refusal at once; back again, it is used again, with all that was acknowledged', async () => {
    const { url, port } = await start();
    const store = await open({ url, schema: 'restarted', timeoutMs: 2000 });
    for (let i = 0; i < 20; i++) await put(store, `key-${i}`);
    await server?.stop();
    for (const call of [store.get('key-1'), put(store, 'key-1'), store.list({ limit: 1 }), store.stats()]) {
      await expect(call).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    }
    await start({ port });
    expect((await put(store, 'key-1', '2')).revision).toBe(21);
    expect((await store.listKeys({ limit: 100 })).items).toHaveLength(20);
  });
});

describe('a server that became read-only', () => {
  it('is a refusal of writes that says so; reads go on, and writes when it is the primary again', async () => {
    const { url } = await start();
    const store = await open({ url, schema: 'read_only' });
    await put(store, 'a');
    const cut = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'`;
    await asAdministrator(url, 'ALTER DATABASE postgres SET default_transaction_read_only = on', cut);
    try {
      await until(
        () => outcomeOf(put(store, 'a', '2')),
        (outcome) => outcome.includes('is read-only'),
      );
      expect((await store.get('a'))?.value).toBe('1');
    } finally {
      await asAdministrator(
        url,
        'SET default_transaction_read_only = off',
        'ALTER DATABASE postgres RESET default_transaction_read_only',
      );
    }
    expect((await put(store, 'a', '3')).committed).toBe(true);
  });
});

describe('a server that does not let this program in', () => {
  it.each([
    ['the password', (url: URL) => void (url.password = 'wrong-s3cret'), /password authentication failed.*28P01/],
    ['the database', (url: URL) => void (url.pathname = '/nowhere'), /database "nowhere" does not exist.*3D000/],
    ['TLS', (url: URL) => url.searchParams.set('sslmode', 'require'), /server does not support SSL/],
  ])('is an error at once: %s', async (_, change, problem) => {
    const url = new URL((await start()).url);
    change(url);
    const error: unknown = await open({ url: url.href }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.stringMatching(problem) });
    expect(lines).toEqual([]);
    expect(everythingOf(error)).not.toContain(url.password);
  });
});

describe('TLS', () => {
  it('is checked as sslmode says', async () => {
    const authority = await TestAuthority.make();
    const stranger = await TestAuthority.make();
    const { cert, key } = await authority.issue();
    const file = async (name: string, text: string): Promise<string> => {
      const path = join(directory, name);
      await writeFile(path, text);
      return path;
    };
    const tls = { certFile: await file('cert.pem', cert), keyFile: await file('key.pem', key) };
    const ca = await file('ca.pem', authority.ca);
    const wrongCa = await file('wrong-ca.pem', stranger.ca);
    // A data directory of its own: certificates are put in when it is made.
    const { url } = await start({ directory: join(directory, 'tls'), tls });

    for (const query of [
      'sslmode=require',
      `sslmode=verify-ca&sslrootcert=${ca}`,
      `sslmode=verify-full&sslrootcert=${ca}`,
    ]) {
      const store = await open({ url: `${url}?${query}`, schema: 'tls' });
      expect((await put(store, 'a')).committed).toBe(true);
    }
    const { rows } = await sessionsOver(url);
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.every(({ ssl }) => ssl)).toBe(true);
    for (const query of ['sslmode=verify-full', `sslmode=verify-full&sslrootcert=${wrongCa}`]) {
      await expect(open({ url: `${url}?${query}`, schema: 'tls' })).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        message: expect.stringMatching(/certificate/),
      });
    }
  });
});

async function sessionsOver(url: string): Promise<pg.QueryResult<{ ssl: boolean }>> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return await client.query<{ ssl: boolean }>(
      `SELECT s.ssl FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) WHERE a.application_name = 'kvasir'`,
    );
  } finally {
    await client.end();
  }
}

describe('the password', () => {
  it('is in no log line and no error, whatever happens', async () => {
    const { url, port } = await start();
    const { password } = new URL(url);
    const store = await open({ url, schema: 'secret', timeoutMs: 1000 });
    await put(store, 'a');
    const errors: unknown[] = [];
    const note = (error: unknown): void => void errors.push(error);
    const pending = Promise.all([store.stats().catch(note), put(store, 'b').catch(note)]);
    await server?.stop();
    await pending;
    for (const call of [store.get('a'), put(store, 'a'), store.list({ limit: 1 }), store.purgeExpired(1)])
      await call.catch(note);
    const abort = new AbortController();
    const opening = open({ url, schema: 'secret', signal: abort.signal }).catch(note);
    await until(
      async () => lines.some((line) => line.includes('asking again')),
      (said) => said,
    );
    abort.abort();
    await opening;
    expect(errors.length).toBeGreaterThanOrEqual(5);
    expect(lines.join('\n')).toContain(`127.0.0.1:${port}`);
    expect(everythingOf([errors, lines])).not.toContain(password);
    expect(everythingOf(errors)).not.toContain('postgres://');
  });
});
