import { describe, expect, it } from '@jest/globals';
import { freePort, useTestServices, type ServiceProcess } from '@kvasir/test-harness';
import { METRICS } from '../src/metrics/declarations.js';

const services = useTestServices();
const KEY = 'key-of-a-client';
const METRICS_KEY = 'key-of-prometheus';

type Env = Readonly<Record<string, string>>;

function startGateway(grpcPort: number, env: Env = {}): Promise<ServiceProcess> {
  const own = { KV_GRPC_URL: `127.0.0.1:${grpcPort}`, API_KEY: KEY, METRICS_KEY };
  return services.start({ app: 'api-gateway', env: { ...own, ...env } });
}

async function samplesOf({ http }: ServiceProcess): Promise<string[]> {
  const { status, text, headers } = await http.send('GET', '/metrics', {
    headers: { Authorization: `Bearer ${METRICS_KEY}` },
  });
  expect([status, headers['content-type'], headers['cache-control']]).toEqual([
    200,
    'text/plain; version=0.0.4; charset=utf-8',
    'no-store',
  ]);
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

const get = ({ http }: ServiceProcess, path: string): Promise<unknown> =>
  http.send('GET', path, { headers: { 'x-api-key': KEY } });

describe('the metrics of a gateway', () => {
  it('count requests, calls and what was refused, and say whether kv-service is ready', async () => {
    const grpcPort = await freePort();
    const store = await services.start({ env: { STORE: 'memory', GRPC_PORT: String(grpcPort) } });
    const gateway = await startGateway(grpcPort, { RATE_LIMIT: '1000', GRPC_DEADLINE_MS: '30000' });
    await gateway.http.send('PUT', '/v1/values', {
      body: '{"key":"k","value":"v"}',
      headers: { 'x-api-key': KEY, 'Content-Type': 'application/json' },
    });
    await get(gateway, '/v1/values/k');
    await get(gateway, '/v1/values/missing');
    await get(gateway, '/v1/values/a%00b');
    await get(gateway, '/nothing');
    await gateway.http.get('/v1/values/k');
    await gateway.http.get('/health/ready');
    const samples = await samplesOf(gateway);
    expect(samples).toEqual(
      expect.arrayContaining([
        'kvasir_ready 1',
        'kvasir_http_requests_total{api="values",route="/v1/values",method="PUT",status="200"} 1',
        'kvasir_http_requests_total{api="values",route="/v1/values/:key",method="GET",status="200"} 1',
        'kvasir_http_requests_total{api="values",route="/v1/values/:key",method="GET",status="404"} 1',
        'kvasir_http_requests_total{api="values",route="/v1/values/:key",method="GET",status="400"} 1',
        'kvasir_http_requests_total{api="values",route="/v1/values/:key",method="GET",status="401"} 1',
        'kvasir_http_requests_total{api="values",route="none",method="GET",status="404"} 1',
        'kvasir_http_request_duration_seconds_count{api="values",route="/v1/values/:key",method="GET"} 4',
        'kvasir_upstream_requests_total{method="Set",status="OK"} 1',
        'kvasir_upstream_requests_total{method="Get",status="OK"} 2',
        'kvasir_upstream_request_duration_seconds_count{method="Get"} 2',
        'kvasir_rate_limited_requests_total 0',
      ]),
    );
    expect(samples.filter((line) => line.includes('Health'))).toEqual([]);
    expect(samples.filter((line) => line.startsWith('nodejs_eventloop_lag_p99_seconds ')).length).toBe(1);
    for (const { name, type } of METRICS)
      expect(samples.some((line) => line.startsWith(type === 'histogram' ? `${name}_bucket` : name))).toBe(true);
    await store.kill();
    await get(gateway, '/v1/values/k');
    const later = await samplesOf(gateway);
    expect(later).toContain('kvasir_ready 0');
    expect(
      later.filter((line) => /^kvasir_upstream_requests_total\{method="Get",status="(?!OK)/.test(line)).length,
    ).toBe(1);
  });

  it('are not there without METRICS_KEY', async () => {
    const gateway = await startGateway(await freePort(), { METRICS_KEY: '' });
    expect((await gateway.http.send('GET', '/metrics', { headers: { 'x-api-key': KEY } })).status).toBe(404);
    expect((await gateway.http.get('/metrics')).status).toBe(401);
    expect((await gateway.http.get('/docs-json')).text).not.toContain('/metrics');
  });
});
