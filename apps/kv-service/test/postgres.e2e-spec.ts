import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, afterAll, describe, expect, it } from '@jest/globals';
import { GrpcKvClient } from '@kvasir/client';
import {
  freePort,
  PostgresServer,
  useTestDatabase,
  useTestServices,
  type HttpAnswer,
  type HttpClient,
  type ServiceProcess,
} from '@kvasir/test-harness';

const services = useTestServices();
const database = useTestDatabase();
/** What all services of this file share. */
const schema = database.newSchema();

function statuses(answers: readonly HttpAnswer[]): number[] {
  return [...new Set(answers.map(({ status }) => status))].sort((a, b) => a - b);
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** A service over the database of this file, which serves the same keys as every other one. */
function start(env: Record<string, string> = {}): Promise<ServiceProcess> {
  return services.start({
    env: { STORE: 'postgres', DATABASE_URL: database.url(), DATABASE_SCHEMA: schema, ...env },
  });
}

/** Asks for the metrics until a figure of theirs, which the pattern's group is, is as it should be. */
async function metricUntil(http: HttpClient, pattern: RegExp, isReached: (figure: number) => boolean): Promise<void> {
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- asked again when answered
    const { text } = await http.get('/metrics');
    if (isReached(Number(pattern.exec(text)?.[1] ?? 0))) return;
  }
}

const clients: GrpcKvClient[] = [];
afterAll(() => clients.forEach((client) => client.close()));

/** {@link start}, with gRPC. */
async function startBoth(env: Record<string, string> = {}): Promise<{ service: ServiceProcess; rpc: GrpcKvClient }> {
  const port = await freePort();
  const service = await start({ GRPC_PORT: String(port), ...env });
  const rpc = new GrpcKvClient(`127.0.0.1:${port}`, { deadlineMs: 10_000 });
  clients.push(rpc);
  return { service, rpc };
}

describe('two services on one database', () => {
  let first: HttpClient;
  let second: HttpClient;
  let firstRpc: GrpcKvClient;
  let secondRpc: GrpcKvClient;

  beforeAll(async () => {
    const [one, other] = await Promise.all([startBoth(), startBoth()]);
    [first, second] = [one.service.http, other.service.http];
    [firstRpc, secondRpc] = [one.rpc, other.rpc];
  }, 60_000);

  /** Requests in turns to the one and the other, all at once. */
  function both(count: number, send: (http: HttpClient, index: number) => Promise<HttpAnswer>): Promise<HttpAnswer[]> {
    return Promise.all(upTo(count).map((i) => send(i % 2 === 0 ? first : second, i)));
  }

  it('serve a key through the one at once that was put through the other', async () => {
    for (const i of upTo(20)) {
      const [one, other] = i % 2 === 0 ? [first, second] : [second, first];
      expect((await one.put('/kv/handed-over', { value: i })).status).toBe(200);
      expect((await other.get('/kv/handed-over')).json()).toEqual({ value: i });
    }
    expect((await first.delete('/kv/handed-over')).status).toBe(200);
    expect((await second.get('/kv/handed-over')).status).toBe(404);
  });

  it('serve a key at once through /keys and gRPC of the one that was put through those of the other', async () => {
    for (const i of upTo(20)) {
      const even = i % 2 === 0;
      const [one, other] = even ? [first, second] : [second, first];
      const [oneRpc, otherRpc] = even ? [firstRpc, secondRpc] : [secondRpc, firstRpc];
      expect((await one.post('/keys/handed', { key: 'handed', value: `${i}` })).status).toBe(201);
      expect(await otherRpc.get('handed')).toBe(`${i}`);
      await oneRpc.set('handed', `rpc ${i}`);
      expect((await other.get('/keys/handed')).json()).toEqual({ success: true, key: 'handed', value: `rpc ${i}` });
      expect(await otherRpc.get('handed')).toBe(`rpc ${i}`);
      expect((await other.delete('/keys/handed')).status).toBe(200);
      expect(await oneRpc.get('handed')).toBeUndefined();
      expect((await one.delete('/keys/handed')).status).toBe(404);
    }
  });

  it('add 1,000 with 500 increments each at once', async () => {
    await first.post('/api/v1/store/counter', { value: '0' });
    const answers = await both(1000, (http) => http.put('/api/v1/store/counter/increment', { increment: 1 }));
    expect(statuses(answers)).toEqual([200]);
    expect((await second.get('/api/v1/store/counter')).json()).toEqual({ status: 'success', data: { value: '1000' } });
  });

  it('let one of 200 write-once puts of one key win', async () => {
    const answers = await both(200, (http, i) => http.put('/write-once', { value: i }));
    const winners = answers.flatMap(({ status }, i) => (status === 200 ? [i] : []));
    expect(winners).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(199);
    expect((await second.get('/write-once')).json()).toEqual({ key: 'write-once', value: winners[0] });
  });

  it('answer bulks of new and old keys in opposite orders without a 5xx', async () => {
    const old = upTo(10).map((i) => `bulk-${i}`);
    const made = await first.put(
      '/bulk',
      old.map((key) => ({ method: 'PUT', key, value: -1 })),
    );
    expect(made.status).toBe(200);
    const bulk = (i: number): unknown[] => {
      const keys = i % 4 < 2 ? old : [...old].reverse();
      return keys.flatMap((key) => [
        { method: 'DELETE', key },
        { method: 'PUT', key, value: i },
        { method: 'PUT', key: `${key}-of-${i}`, value: i },
      ]);
    };
    const answers = await both(300, (http, i) => http.put('/bulk', bulk(i)));
    expect(statuses(answers)).toEqual([200]);
    const left = await Promise.all(old.map((key) => second.get(`/kv/${key}`)));
    expect(new Set(left.map(({ text }) => text)).size).toBe(1);
    expect(((await first.get('/kv?prefix=bulk-')).json() as { keys: string[] }).keys).toHaveLength(10 + 300 * 10);
  });

  it('never show half a bulk', async () => {
    const write = (value: number): unknown[] => [
      { op: 'set', key: 'pair-a', value },
      { op: 'set', key: 'pair-z', value },
    ];
    await first.post('/kv/batch', { operations: write(0) });
    let writing = true;
    const writers = both(100, (http, i) => http.post('/kv/batch', { operations: write(i + 1) })).finally(() => {
      writing = false;
    });
    let reads = 0;
    while (writing) {
      const operations = ['pair-z', 'pair-a'].map((key) => ({ op: 'get', key }));
      const { results } = (await second.post('/kv/batch', { operations })).json() as { results: unknown[] };
      expect(results[0]).toEqual(results[1]);
      reads++;
    }
    expect(statuses(await writers)).toEqual([200]);
    expect(reads).toBeGreaterThan(0);
  });

  it('serve every wire API, and their figures agree', async () => {
    expect((await first.post('/api/v1/store/word', { value: 'text' })).status).toBe(201);
    expect((await second.get('/kv/word')).json()).toEqual({ value: 'text' });
    expect((await second.get('/word')).json()).toEqual({ key: 'word', value: 'text' });
    expect((await first.get('/keys/word')).json()).toEqual({ success: true, key: 'word', value: 'text' });
    expect(await secondRpc.get('word')).toBe('text');
    const listed = (await first.get('/kv?prefix=word')).json();
    expect(listed).toEqual({ keys: ['word'] });
    expect((await first.get('/stats')).json()).toEqual((await second.get('/stats')).json());
  });

  it('tell in their metrics how they use the database, and nothing of a log or of memory', async () => {
    await first.put('/kv/counted', { value: 1 });
    const { text } = await first.get('/metrics');
    expect(text).toContain('\nkvasir_database_connections_limit{pool="writes"} 1\n');
    expect(text).toContain('\nkvasir_database_connections_limit{pool="reads"} 9\n');
    expect(text).toMatch(/\nkvasir_database_connections\{pool="reads",state="(idle|used)"\} [1-9]\n/);
    expect(text).toMatch(/\nkvasir_store_keys [1-9]\d*\n/);
    expect(text).not.toMatch(/\nkvasir_(log|compaction|store_memory)\w* /);
  });
});

describe('a service that is killed', () => {
  it('loses nothing that it acknowledged, and the other one goes on', async () => {
    const [{ service: victim, rpc }, survivor] = await Promise.all([startBoth(), start()]);
    const acknowledged: number[] = [];
    let failures = 0;
    // Half of them over HTTP, half over gRPC.
    const write = async (i: number): Promise<boolean> => {
      if (i % 2 === 0) return (await victim.http.put(`/kv/killed-${i}`, { value: `${i}` })).status === 200;
      await rpc.set(`killed-${i}`, `${i}`);
      return true;
    };
    const writer = async (from: number): Promise<void> => {
      for (let i = from; failures < 8; i += 8) {
        if (await write(i).catch(() => false)) acknowledged.push(i);
        else failures++;
        if (acknowledged.length === 400) void victim.kill();
      }
    };
    await Promise.all(upTo(8).map(writer));
    expect(acknowledged.length).toBeGreaterThanOrEqual(400);
    const answers = await Promise.all(acknowledged.map((i) => survivor.http.get(`/kv/killed-${i}`)));
    expect(answers.map((answer) => answer.json())).toEqual(acknowledged.map((i) => ({ value: `${i}` })));
    expect((await survivor.http.put('/kv/afterwards', { value: 1 })).status).toBe(200);
  });
});

describe('a service whose database goes away', () => {
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kvasir-e2e-postgres-'));
  });

  afterAll(() => rm(directory, { recursive: true, force: true }));

  it('answers 503 in each API’s form within the deadline, and recovers by itself', async () => {
    const server = await PostgresServer.start({ directory, settings: ['fsync=off'] });
    const { service, rpc } = await startBoth({ DATABASE_URL: server.url, DATABASE_TIMEOUT_MS: '1000' });
    const { http } = service;
    const { password } = new URL(server.url);
    let restarted: PostgresServer | undefined;
    try {
      expect((await http.put('/kv/a', { value: 1 })).status).toBe(200);
      await server.stop();
      const startedAt = performance.now();
      const answers = await Promise.all([
        http.get('/kv/a'),
        http.put('/kv/a', { value: 2 }),
        http.get('/a'),
        http.get('/api/v1/store/a'),
        http.get('/keys/a'),
      ]);
      await expect(rpc.get('a')).rejects.toMatchObject({ status: 'UNAVAILABLE', errorCode: 'STORE_UNAVAILABLE' });
      await expect(rpc.set('a', 'b')).rejects.toMatchObject({ status: 'UNAVAILABLE' });
      expect(performance.now() - startedAt).toBeLessThan(4000);
      expect(statuses(answers)).toEqual([503]);
      expect(answers[0]?.json()).toMatchObject({ error: expect.any(String) });
      expect(answers[2]?.json()).toMatchObject({ status: 'Error' });
      expect(answers[3]?.json()).toMatchObject({ status: 'error' });
      expect(answers[4]?.json()).toMatchObject({ detail: { success: false } });
      restarted = await PostgresServer.start({ directory, port: server.port, settings: ['fsync=off'] });
      expect((await http.get('/kv/a')).json()).toEqual({ value: 1 });
      expect((await http.put('/kv/a', { value: 3 })).status).toBe(200);
      expect(JSON.stringify([service.logLines, service.stderr, answers.map(({ text }) => text)])).not.toContain(
        password,
      );
    } finally {
      await restarted?.stop();
    }
  }, 60_000);

  it('says so once, and once when it is back, however long it is away', async () => {
    const server = await PostgresServer.start({ directory, settings: ['fsync=off'] });
    const service = await start({ DATABASE_URL: server.url, DATABASE_TIMEOUT_MS: '200', PURGE_INTERVAL_MS: '5' });
    const { http } = service;
    let restarted: PostgresServer | undefined;
    try {
      // Several connections of the service, idle when the server goes.
      await Promise.all(upTo(50).map((i) => http.get(`/kv/${i}`)));
      await server.stop();
      await metricUntil(
        http,
        /\nkvasir_store_failures_total\{code="STORE_UNAVAILABLE"\} (\d+)\n/,
        (failures) => failures >= 5,
      );
      restarted = await PostgresServer.start({ directory, port: server.port, settings: ['fsync=off'] });
      await service.logLine(({ msg }) => msg === 'expired keys are swept again', 15_000);
      await service.logLine(({ msg }) => msg === 'the store takes writes again', 15_000);
      const said = service.logLines.slice(service.logLines.indexOf(service.listening) + 1);
      const [connections, others] = [
        said.filter(({ msg }) => msg.startsWith('a connection to the database ended')),
        said.filter(({ msg }) => !msg.startsWith('a connection to the database ended')),
      ];
      // No more than there were.
      expect(connections.length).toBeLessThanOrEqual(10);
      expect(others.map(({ level, msg }) => `${level} ${msg}`).sort()).toEqual([
        '30 expired keys are swept again',
        '30 the store takes writes again',
        '40 expired keys cannot be swept; it is tried again every PURGE_INTERVAL_MS',
        '50 the store takes no writes; it is tried again every second',
      ]);
      expect(JSON.stringify(said)).not.toContain('"stack"');
    } finally {
      await restarted?.stop();
    }
  }, 60_000);

  it('is waited for at the start, and the log says so', async () => {
    const server = await PostgresServer.start({ directory, settings: ['fsync=off'] });
    await server.stop();
    const starting = start({ DATABASE_URL: server.url });
    const again = await PostgresServer.start({ directory, port: server.port, settings: ['fsync=off'] });
    try {
      expect((await (await starting).http.get('/stats')).status).toBe(200);
    } finally {
      await again.stop();
    }
  }, 60_000);
});

describe('a service that cannot use its database', () => {
  it.each([
    [{ DATABASE_URL: '' }, /STORE is postgres, which needs/],
    [
      { DATABASE_URL: 'postgres://u:s3cret@127.0.0.1:1/d?sslmode=sometimes' },
      /^DATABASE_URL is set to a value that does not fit: .*sslmode=disable\|require/,
    ],
    [{ MIGRATE: 'off', DATABASE_SCHEMA: 'nobody_made' }, /lacks 0001-entries/],
  ])('ends with a clear error: %j', async (env, problem) => {
    const exit = await services.run({
      env: { STORE: 'postgres', DATABASE_URL: database.url(), DATABASE_SCHEMA: schema, ...env },
    });
    expect(exit.code).toBe(1);
    expect(exit.stdout + exit.stderr).toMatch(problem);
    expect(exit.stdout + exit.stderr).not.toContain('s3cret');
  });
});
