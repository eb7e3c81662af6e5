import { createServer, type AddressInfo } from 'node:net';
import { Client, credentials, type ClientReadableStream } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GrpcKvClient } from '@kvasir/client';
import {
  freePort,
  PostgresServer,
  useTestServices,
  type HttpAnswer,
  type HttpClient,
  type ServiceProcess,
} from '@kvasir/test-harness';
import { service as HEALTH_SERVICE } from 'grpc-health-check';
import { diskFault } from './testing/disk-fault.js';
import { holdReplay, type HeldReplay } from './testing/held-replay.js';

const services = useTestServices();
const clients: { close(): void }[] = [];
afterAll(() => clients.forEach((client) => client.close()));

function rpc(name: string) {
  const { path, requestSerialize, responseDeserialize } = HEALTH_SERVICE[name]!;
  return { path, requestSerialize: requestSerialize as never, responseDeserialize: responseDeserialize as never };
}

/** What `grpc.health.v1` says of a service; the empty name is the server as a whole. */
function servingStatus(port: number, service: string): Promise<string> {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  clients.push(client);
  const { path, requestSerialize, responseDeserialize } = rpc('Check');
  return new Promise((resolve, reject) =>
    client.makeUnaryRequest<object, { status: string }>(
      path,
      requestSerialize,
      responseDeserialize,
      { service },
      (error, answer) => (error === null ? resolve(answer!.status) : reject(error)),
    ),
  );
}

/** The statuses that whoever watches is told, as they come. */
function watch(port: number): { readonly statuses: readonly string[]; readonly stream: ClientReadableStream<object> } {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  clients.push(client);
  const { path, requestSerialize, responseDeserialize } = rpc('Watch');
  const stream = client.makeServerStreamRequest<object, { status: string }>(
    path,
    requestSerialize,
    responseDeserialize,
    {
      service: '',
    },
  );
  const statuses: string[] = [];
  stream.on('data', ({ status }: { status: string }) => statuses.push(status));
  stream.on('error', () => undefined);
  return { statuses, stream };
}

/** Asks until the answer is as it should be; the test's own time limit ends it. */
async function until<T>(ask: () => Promise<T>, isRight: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (isRight(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** `[status, what is wrong with the store, what is wrong with the service]` of `/health/ready`. */
function saysReady(answer: HttpAnswer): [status: number, store: unknown, service: unknown] {
  const { status, error } = answer.json() as { status: string; error: Record<string, object> };
  expect(status).toBe(answer.status === 200 ? 'ok' : 'error');
  return [answer.status, error['store'], error['service']];
}

const DATA_REQUESTS: readonly (readonly [string, (http: HttpClient) => Promise<HttpAnswer>, object])[] = [
  ['GET /kv', (http) => http.get('/kv'), { error: expect.any(String), status: 503 }],
  ['GET /kv/key', (http) => http.get('/kv/key0'), { error: expect.any(String), status: 503 }],
  ['PUT /kv/key', (http) => http.put('/kv/key0', { value: 1 }), { error: expect.any(String), status: 503 }],
  ['GET /stats', (http) => http.get('/stats'), { error: expect.any(String), status: 503 }],
  ['GET /keys/key', (http) => http.get('/keys/key0'), { detail: { success: false, error: expect.any(String) } }],
  ['GET /key', (http) => http.get('/key0'), { status: 'Error', message: expect.any(String) }],
  [
    'PUT /bulk',
    (http) => http.put('/bulk', [{ method: 'GET', key: 'k' }]),
    { status: 'Error', message: expect.any(String) },
  ],
  ['GET /api/v1/store/key', (http) => http.get('/api/v1/store/key0'), { status: 'error', message: expect.any(String) }],
  [
    'POST /admin/compact',
    (http) => http.send('POST', '/admin/compact', { headers: { 'x-api-key': 'admin' } }),
    { error: expect.any(String) },
  ],
];

describe('while a log is replayed', () => {
  let replay: HeldReplay;
  let service: ServiceProcess;
  let grpcPort: number;

  beforeAll(async () => {
    replay = holdReplay(services.directory());
    grpcPort = await freePort();
    const { nodeFlags, directory } = replay;
    const env = { GRPC_PORT: String(grpcPort), ADMIN_KEY: 'admin' };
    service = await services.start({ nodeFlags, directory, env, until: 'listening' });
  });

  it('the process is alive, and not ready: the body has the reason and how far it is', async () => {
    const { http } = service;
    expect((await http.get('/health')).json()).toEqual({ status: 'healthy' });
    const live = await http.get('/health/live');
    expect([live.status, live.json(), live.headers['cache-control']]).toEqual([200, { status: 'ok' }, 'no-store']);
    const ready = await http.get('/health/ready');
    const store = {
      status: 'down',
      reason: expect.stringMatching(/^the service is starting: the log is being replayed, \d+ % is done$/),
      progress: expect.any(Number),
    };
    expect(saysReady(ready)).toEqual([503, store, undefined]);
    expect(ready.headers).toMatchObject({ 'retry-after': '1', 'cache-control': 'no-store' });
    const { progress } = (ready.json() as { error: { store: { progress: number } } }).error.store;
    expect(progress).toBeGreaterThan(0);
    expect(progress).toBeLessThan(1);
  });

  it.each(DATA_REQUESTS)('%s is a 503 in the form of its API, with Retry-After', async (_, send, body) => {
    const answer = await send(service.http);
    expect([answer.status, answer.json()]).toEqual([503, expect.objectContaining(body)]);
    expect(answer.headers['retry-after']).toBe('1');
    expect(answer.text).toContain('the service is starting: the log is being replayed');
  });

  it('gRPC answers too: health is NOT_SERVING, calls are UNAVAILABLE', async () => {
    expect(await servingStatus(grpcPort, '')).toBe('NOT_SERVING');
    expect(await servingStatus(grpcPort, 'keyvalue.KeyValueService')).toBe('NOT_SERVING');
    const client = new GrpcKvClient(`127.0.0.1:${grpcPort}`);
    clients.push(client);
    const refused = { status: 'UNAVAILABLE', message: expect.stringContaining('the service is starting') };
    await expect(client.get('key0')).rejects.toMatchObject(refused);
    await expect(client.set('key0', 'v')).rejects.toMatchObject(refused);
    await expect(client.health()).rejects.toMatchObject(refused);
  });

  it('the end of the replay makes it ready, and whoever watches is told', async () => {
    const { statuses, stream } = watch(grpcPort);
    await until(
      () => Promise.resolve(statuses.length),
      (length) => length === 1,
    );
    replay.release();
    await service.logLine(({ msg }) => msg === 'kv-service is ready');
    expect(saysReady(await service.http.get('/health/ready'))).toEqual([200, undefined, undefined]);
    expect((await service.http.get('/stats')).json()).toMatchObject({ keys: replay.keys });
    await until(
      () => Promise.resolve(statuses.length),
      (length) => length === 2,
    );
    expect(statuses).toEqual(['NOT_SERVING', 'SERVING']);
    stream.cancel();
    expect(await servingStatus(grpcPort, 'keyvalue.KeyValueService')).toBe('SERVING');
    const sweeps = service.logLines.filter(({ msg }) => msg.includes('sweep'));
    expect(sweeps).toEqual([]);
    expect((await service.stop()).code).toBe(0);
  });
});

describe('a start that does not come to its end', () => {
  it('is ended by SIGTERM in the midst of the replay, with status 0 and the log as it was', async () => {
    const replay = holdReplay(services.directory());
    const { nodeFlags, directory } = replay;
    const service = await services.start({ nodeFlags, directory, until: 'listening' });
    const exit = await service.stop();
    expect([exit.code, exit.stderr]).toEqual([0, '']);
    expect(exit.ms).toBeLessThan(3000);
    expect(service.logLines.map(({ msg }) => msg)).not.toContain('kv-service is ready');
    replay.release();
    const again = await services.start({ directory });
    expect((await again.http.get('/stats')).json()).toMatchObject({ keys: replay.keys });
  });

  it('says what is wrong with the log, on one line without a stack, when it has been listening already', async () => {
    const replay = holdReplay(services.directory());
    const { nodeFlags, directory } = replay;
    const service = await services.start({
      nodeFlags,
      directory,
      env: { MAX_MEMORY_BYTES: '2000000' },
      until: 'listening',
    });
    replay.release();
    const exit = await service.exited;
    expect([exit.code, exit.stderr]).toEqual([1, '']);
    const fatal = service.logLines.filter(({ level }) => level === 60);
    expect(fatal).toEqual([
      {
        level: 60,
        time: expect.any(String),
        msg: expect.stringMatching(/^kv-service cannot start: .*MAX_MEMORY_BYTES is 2000000/),
      },
    ]);
  });

  it('waits for a database, and is not ready before it is there', async () => {
    const refusing = createServer();
    await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve));
    const { port } = refusing.address() as AddressInfo;
    await new Promise((resolve) => refusing.close(resolve));
    const DATABASE_URL = `postgres://user:secret@127.0.0.1:${port}/db`;
    const service = await services.start({ env: { STORE: 'postgres', DATABASE_URL }, until: 'listening' });
    const down = { status: 'down', reason: 'the service is starting: the database is being waited for' };
    expect(saysReady(await service.http.get('/health/ready'))).toEqual([503, down, undefined]);
    expect((await service.http.get('/kv/k')).headers['retry-after']).toBe('1');
    const exit = await service.stop();
    expect([exit.code, exit.stderr]).toEqual([0, '']);
    expect(exit.ms).toBeLessThan(3000);
    expect(exit.stdout).toContain('is not ready');
    expect(exit.stdout).not.toContain('secret');
  });
});

describe('a store that cannot write', () => {
  it('is not ready while the disk is full, serves reads, and is ready by itself once there is room', async () => {
    const directory = services.directory();
    const disk = diskFault(directory);
    const grpcPort = await freePort();
    const { nodeFlags } = disk;
    const service = await services.start({ nodeFlags, directory, env: { GRPC_PORT: String(grpcPort) } });
    const { http } = service;
    const ready = async () => saysReady(await http.get('/health/ready'));
    expect((await http.put('/kv/k', { value: 'before' })).status).toBe(200);

    disk.fill(200);
    // Too large for what is left, which is enough for others.
    expect((await http.put('/kv/large', { value: 'x'.repeat(1000) })).status).toBe(507);
    expect((await http.put('/kv/small', { value: 1 })).status).toBe(200);
    expect(await ready()).toEqual([200, undefined, undefined]);
    // A good try counts for a second.
    await new Promise((resolve) => setTimeout(resolve, 1000));

    disk.fill(0);
    expect((await http.put('/kv/k', { value: 'lost' })).status).toBe(507);
    const reason = 'the disk of the data directory is full; nothing was changed';
    expect(await until(ready, ([status]) => status === 503)).toEqual([503, { status: 'down', reason }, undefined]);
    expect(await servingStatus(grpcPort, '')).toBe('NOT_SERVING');
    expect((await http.get('/kv/k')).json()).toEqual({ value: 'before' });
    expect((await http.get('/health/live')).status).toBe(200);

    disk.free();
    expect(await until(ready, ([status]) => status === 200)).toEqual([200, undefined, undefined]);
    expect(await servingStatus(grpcPort, '')).toBe('SERVING');
    expect((await http.put('/kv/k', { value: 'after' })).status).toBe(200);
    await service.logLine(({ msg }) => msg === 'the store takes writes again');
    const said = service.logLines.filter(({ msg }) => msg.startsWith('the store takes'));
    expect(said.map(({ level }) => level)).toEqual([50, 30]);
    expect((await service.stop()).code).toBe(0);
    const again = await services.start({ directory });
    expect((await again.http.get('/kv')).json()).toEqual({ keys: ['k', 'small'] });
  });

  it('stays ready while its memory is full: deletes, which free it, must reach it', async () => {
    const { http } = await services.start({ env: { STORE: 'memory', MAX_MEMORY_BYTES: '100000' } });
    expect((await http.put('/kv/large', { value: 'x'.repeat(80_000) })).status).toBe(200);
    expect((await http.put('/kv/more', { value: 'x'.repeat(80_000) })).status).toBe(507);
    expect(saysReady(await http.get('/health/ready'))).toEqual([200, undefined, undefined]);
    expect((await http.delete('/kv/large')).status).toBe(200);
  });

  it('is not ready while its database is away or read-only', async () => {
    const directory = services.directory();
    let server = await PostgresServer.start({ directory, settings: ['fsync=off'] });
    try {
      const { url: DATABASE_URL, port } = server;
      const env = { STORE: 'postgres', DATABASE_URL, DATABASE_TIMEOUT_MS: '1000' };
      const { http } = await services.start({ env });
      const ready = async () => saysReady(await http.get('/health/ready'));
      const problem = { status: 'down', reason: 'the database cannot be written' };
      expect(await ready()).toEqual([200, undefined, undefined]);
      await server.stop();
      expect(await until(ready, ([status]) => status === 503)).toEqual([503, problem, undefined]);
      server = await PostgresServer.start({ directory, port, settings: ['default_transaction_read_only=on'] });
      // Once it is reached again, it takes no writes still.
      await until(
        () => http.get('/kv/k'),
        ({ status }) => status === 404,
      );
      await new Promise((resolve) => setTimeout(resolve, 1100));
      expect(await ready()).toEqual([503, problem, undefined]);
      await server.stop();
      server = await PostgresServer.start({ directory, port, settings: ['fsync=off'] });
      expect(await until(ready, ([status]) => status === 200)).toEqual([200, undefined, undefined]);
      expect((await http.put('/kv/k', { value: 1 })).status).toBe(200);
    } finally {
      await server.stop();
    }
  }, 60_000);
});

describe('a service that is told to stop', () => {
  it('is not ready at once, and serves what still comes for SHUTDOWN_DELAY_MS', async () => {
    const grpcPort = await freePort();
    const env = { GRPC_PORT: String(grpcPort), SHUTDOWN_DELAY_MS: '1500' };
    const service = await services.start({ env });
    const { http } = service;
    const { statuses } = watch(grpcPort);
    await until(
      () => Promise.resolve(statuses.length),
      (length) => length === 1,
    );
    const stopped = service.stop();
    await service.logLine(({ msg }) => msg === 'kv-service stops');
    expect(saysReady(await http.get('/health/ready'))).toEqual([
      503,
      undefined,
      { status: 'down', reason: 'the service is stopping' },
    ]);
    expect((await http.get('/health/live')).status).toBe(200);
    const write = await http.put('/kv/late', { value: 1 });
    expect([write.status, write.headers.connection]).toEqual([200, 'close']);
    expect(await servingStatus(grpcPort, '')).toBe('NOT_SERVING');
    expect(statuses).toEqual(['SERVING', 'NOT_SERVING']);
    const exit = await stopped;
    expect([exit.code, exit.stderr]).toEqual([0, '']);
    expect(exit.ms).toBeGreaterThan(1500);
    expect(exit.ms).toBeLessThan(4000);
    const again = await services.start({ directory: service.directory });
    expect((await again.http.get('/kv')).json()).toEqual({ keys: ['late'] });
  });
});
