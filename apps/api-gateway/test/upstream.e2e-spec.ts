import { Server, ServerCredentials, status as Status, type sendUnaryData } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { KEY_VALUE_SERVICE } from '@kvasir/contracts';
import { freePort, TestAuthority, useTestServices, type ServiceProcess } from '@kvasir/test-harness';
import { readConfig } from '../src/config/config.js';
import { get, KEY, put, remove, said, startsOf, type Env } from './testing/gateway.js';

const services = useTestServices();
const { startStore, startGateway } = startsOf(services);

describe('api-gateway', () => {
  it('ends with one line and status 1 when it has no key', async () => {
    const { code, stdout, stderr } = await services.run({ app: 'api-gateway', env: { API_KEY: '' } });
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^API_KEY is not set: allowed is [^\n]*\n$/),
    });
  });

  it.each([
    [{ API_KEY: '', API_KEYS: ' , ' }, /^API_KEYS is set to a value that does not fit: allowed is [^\n]*\n$/],
    [{ API_KEY: 'two words' }, /^API_KEY is set to a value that does not fit: allowed is [^\n]*\n$/],
    [{ API_KEY: KEY, KV_GRPC_URL: 'http://x' }, /^KV_GRPC_URL is "http:\/\/x": allowed is an address host:port/],
    [{ API_KEY: KEY, KV_GRPC_URL: '::1:50051' }, /^KV_GRPC_URL is "::1:50051": allowed is /],
    [{ API_KEY: KEY, GRPC_DEADLINE_MS: '0' }, /^GRPC_DEADLINE_MS is "0": allowed is /],
  ])('does not start with %j', (env, line) => {
    expect(readConfig(env, [])).toMatchObject({ kind: 'invalid', text: expect.stringMatching(line) });
  });

  it('starts before kv-service does, answers 503 while it is gone, and works by itself within 2 s of its return', async () => {
    const port = await freePort();
    const gateway = await startGateway(port);
    const expectFound = async (): Promise<void> => {
      const returnedAt = performance.now();
      while ((await gateway.http.get('/health/ready')).status === 503)
        expect(performance.now() - returnedAt).toBeLessThan(2000);
      expect((await get(gateway, '/v1/values/k')).status).toBe(404);
    };
    expect((await gateway.http.get('/health/ready')).status).toBe(503);
    const store = await startStoreOn(port);
    await expectFound();
    await put(gateway, '{"key":"k","value":"v"}');
    await store.kill();
    const startedAt = performance.now();
    const failed = await Promise.all([
      get(gateway, '/v1/values/k'),
      put(gateway, '{"key":"k","value":"v"}'),
      remove(gateway, '/v1/values/k'),
      gateway.http.get('/health/ready'),
    ]);
    for (const answer of failed) {
      expect([answer.status, Object.keys(answer.json() as object)]).toEqual([503, ['error']]);
      expect(answer.text).not.toContain('127.0.0.1');
    }
    expect(performance.now() - startedAt).toBeLessThan(2500);
    expect((await gateway.http.get('/health')).status).toBe(200);
    await startStoreOn(port);
    await expectFound();
  });

  it('answers 503 by the deadline when kv-service does not answer', async () => {
    const { store, port } = await startStore();
    const gateway = await startGateway(port, { GRPC_DEADLINE_MS: '300' });
    expect((await get(gateway, '/v1/values/k')).status).toBe(404);
    process.kill(store.pid, 'SIGSTOP');
    try {
      const startedAt = performance.now();
      expect((await get(gateway, '/v1/values/k')).status).toBe(503);
      expect((await gateway.http.get('/health/ready')).status).toBe(503);
      expect(performance.now() - startedAt).toBeLessThan(2000);
    } finally {
      process.kill(store.pid, 'SIGCONT');
    }
    expect((await get(gateway, '/v1/values/k')).status).toBe(404);
  });

  it('needs the token that kv-service asks for, and is not ready without it', async () => {
    const { port } = await startStore({ GRPC_TOKEN: 's3cret' });
    for (const env of [{}, { GRPC_TOKEN: 'wrong' }]) {
      const gateway = await startGateway(port, env as Env);
      expect((await get(gateway, '/v1/values/k')).status).toBe(401);
      expect((await gateway.http.get('/health/ready')).status).toBe(503);
      await gateway.stop();
    }
    const gateway = await startGateway(port, { GRPC_TOKEN: 's3cret' });
    expect((await put(gateway, '{"key":"k","value":"v"}')).status).toBe(200);
    expect((await gateway.http.get('/health/ready')).status).toBe(200);
  });

  it('speaks TLS with kv-service, when both have certificates that the other trusts', async () => {
    const authority = await TestAuthority.make();
    const { port } = await startStore(await authority.settings(services.directory()));
    const trusted = await startGateway(port, await authority.settings(services.directory()));
    expect((await put(trusted, '{"key":"k","value":"v"}')).status).toBe(200);
    const foreign = await startGateway(port, await (await TestAuthority.make()).settings(services.directory()));
    expect((await get(foreign, '/v1/values/k')).status).toBe(503);
    expect((await get(await startGateway(port), '/v1/values/k')).status).toBe(503);
  });

  it('says 507 for a full store, and 413 for what kv-service finds too long', async () => {
    const { port } = await startStore({ MAX_MEMORY_BYTES: '1', MAX_BODY_BYTES: '1000' });
    const gateway = await startGateway(port);
    const full = await put(gateway, '{"key":"k","value":"v"}');
    expect([full.status, Object.keys(full.json() as object)]).toEqual([507, ['error']]);
    expect((await put(gateway, JSON.stringify({ key: 'k', value: 'x'.repeat(100_000) }))).status).toBe(413);
  });

  async function startStoreOn(port: number): Promise<ServiceProcess> {
    return services.start({ env: { GRPC_PORT: String(port), STORE: 'memory' } });
  }
});

describe('a call that fails', () => {
  let gateway: ServiceProcess;
  const server = new Server();
  let code: Status;

  beforeAll(async () => {
    const fail = (_call: unknown, callback: sendUnaryData<object>): void => callback({ code, details: 'the reason' });
    server.addService(KEY_VALUE_SERVICE, { Get: fail, Set: fail, Delete: fail, Health: fail });
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      ),
    );
    gateway = await startGateway(port);
  });
  afterAll(() => server.forceShutdown());

  it.each([
    ['UNAVAILABLE', 503],
    ['DEADLINE_EXCEEDED', 503],
    ['INVALID_ARGUMENT', 400],
    ['UNAUTHENTICATED', 401],
    ['PERMISSION_DENIED', 403],
    ['RESOURCE_EXHAUSTED', 413],
  ] as const)('with %s is a %i', async (name, status) => {
    code = Status[name];
    const answers = [
      await get(gateway, '/v1/values/k'),
      await put(gateway, '{"key":"k"}'),
      await remove(gateway, '/v1/values/k'),
    ];
    expect(answers.map((answer) => [answer.status, Object.keys(answer.json() as object)])).toEqual(
      answers.map(() => [status, ['error']]),
    );
    expect((await gateway.http.get('/health/ready')).status).toBe(503);
  });

  it.each(['INTERNAL', 'UNKNOWN', 'UNIMPLEMENTED', 'ABORTED', 'NOT_FOUND', 'DATA_LOSS'] as const)(
    'with %s is a 500',
    async (name) => {
      code = Status[name];
      expect(said(await get(gateway, '/v1/values/k'))).toEqual([500, '{"error":"Failed to get value"}']);
      expect(said(await put(gateway, '{"key":"k"}'))).toEqual([500, '{"error":"Failed to update value the reason"}']);
      expect(said(await remove(gateway, '/v1/values/k'))).toEqual([500, '{"error":"Failed to delete value"}']);
      expect((await gateway.http.get('/health/ready')).status).toBe(503);
    },
  );
});
