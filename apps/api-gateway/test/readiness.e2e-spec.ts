import { describe, expect, it } from '@jest/globals';
import { freePort, useTestServices } from '@kvasir/test-harness';

const services = useTestServices();
const KEY = 'key-of-a-client';

describe('GET /health/ready of the gateway', () => {
  it('is a 503 while kv-service starts, and so is every call', async () => {
    const grpcPort = await freePort();
    // Nobody is there, so it waits.
    const DATABASE_URL = `postgres://user:password@127.0.0.1:${await freePort()}/db`;
    const env = { STORE: 'postgres', DATABASE_URL, GRPC_PORT: String(grpcPort) };
    await services.start({ env, until: 'listening' });
    const gateway = await services.start({
      app: 'api-gateway',
      env: { KV_GRPC_URL: `127.0.0.1:${grpcPort}`, API_KEY: KEY, GRPC_DEADLINE_MS: '10000' },
    });
    const ready = await gateway.http.get('/health/ready');
    const body = { error: 'kv-service cannot be reached, or cannot serve now; try again later' };
    expect([ready.status, ready.json()]).toEqual([503, body]);
    const get = await gateway.http.send('GET', '/v1/values/k', { headers: { 'x-api-key': KEY } });
    expect([get.status, get.json()]).toEqual([503, body]);
    expect((await gateway.http.get('/health')).status).toBe(200);
  });

  it('is a 503 from SIGTERM on, while the gateway goes on serving for SHUTDOWN_DELAY_MS', async () => {
    const grpcPort = await freePort();
    await services.start({ env: { STORE: 'memory', GRPC_PORT: String(grpcPort) } });
    const gateway = await services.start({
      app: 'api-gateway',
      env: {
        KV_GRPC_URL: `127.0.0.1:${grpcPort}`,
        API_KEY: KEY,
        GRPC_DEADLINE_MS: '10000',
        SHUTDOWN_DELAY_MS: '2000',
        SHUTDOWN_TIMEOUT_MS: '6000',
      },
    });
    expect((await gateway.http.get('/health/ready')).status).toBe(200);
    const stopped = gateway.stop();
    await gateway.logLine(({ msg }) => msg === 'api-gateway stops');
    const ready = await gateway.http.get('/health/ready');
    expect([ready.status, ready.json(), ready.headers.connection]).toEqual([
      503,
      { error: 'the gateway is stopping' },
      'close',
    ]);
    const get = await gateway.http.send('GET', '/v1/values/k', { headers: { 'x-api-key': KEY } });
    expect(get.status).toBe(404);
    const { code, stderr } = await stopped;
    expect([code, stderr]).toEqual([0, '']);
  });
});
