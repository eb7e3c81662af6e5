import { beforeAll, describe, expect, it } from '@jest/globals';
import { GrpcKvClient } from '@kvasir/client';
import { freePort, testApiKey, useTestServices, writeApiKeys, type ServiceProcess } from '@kvasir/test-harness';
import { holdReplay } from './testing/held-replay.js';

const services = useTestServices();

/** What earlier tests have asked for. */
const SCRAPES = 'kvasir_http_requests_total{api="http",route="/metrics",method="GET",status="200"}';

type Metrics = ReadonlyMap<string, number>;

/** The lines of a service's metrics: name and labels → value. */
async function metricsOf({ http }: ServiceProcess): Promise<Metrics> {
  const answer = await http.get('/metrics');
  expect(answer.status).toBe(200);
  expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  const lines = answer.text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

function matching(metrics: Metrics, prefix: string): Record<string, number> {
  return Object.fromEntries([...metrics].filter(([name]) => name.startsWith(prefix)));
}

describe('GET /metrics', () => {
  let service: ServiceProcess;

  beforeAll(async () => {
    const grpcPort = await freePort();
    service = await services.start({
      env: { GRPC_PORT: String(grpcPort), RATE_LIMIT: '1000', RATE_LIMIT_BURST: '1000' },
    });
    const { http } = service;
    await http.put('/kv/a', { value: 'text' });
    await http.put('/kv/b', { value: 1 });
    for (const path of ['/kv/a', '/kv/a', '/kv/none', '/kv', '/keys/a', '/nothing/here', '/docs-json']) {
      await http.get(path);
    }
    await http.send('HEAD', '/kv/a');
    await http.send('PATCH', '/kv/a');
    const client = new GrpcKvClient(`127.0.0.1:${grpcPort}`);
    await client.set('c', 'from gRPC');
    await client.get('c');
    await client.get('c');
    await expect(client.get('')).rejects.toThrow('key cannot be empty');
    client.close();
  });

  it('counts requests by API, route, method and status, and never by key', async () => {
    const metrics = await metricsOf(service);
    const { [SCRAPES]: _, ...requests } = matching(metrics, 'kvasir_http_requests_total');
    expect(requests).toEqual({
      'kvasir_http_requests_total{api="kv",route="/kv/:key",method="PUT",status="200"}': 2,
      'kvasir_http_requests_total{api="kv",route="/kv/:key",method="GET",status="200"}': 2,
      'kvasir_http_requests_total{api="kv",route="/kv/:key",method="GET",status="404"}': 1,
      'kvasir_http_requests_total{api="kv",route="/kv",method="GET",status="200"}': 1,
      'kvasir_http_requests_total{api="kv",route="/kv/:key",method="HEAD",status="200"}': 1,
      'kvasir_http_requests_total{api="kv",route="none",method="PATCH",status="405"}': 1,
      'kvasir_http_requests_total{api="keys",route="/keys/:key",method="GET",status="200"}': 1,
      'kvasir_http_requests_total{api="records",route="none",method="GET",status="404"}': 1,
      'kvasir_http_requests_total{api="http",route="none",method="GET",status="200"}': 1,
    });
  });

  it('has a histogram of the times of each route, whose buckets add up', async () => {
    const metrics = await metricsOf(service);
    const of = (suffix: string, le = '') =>
      metrics.get(`kvasir_http_request_duration_seconds_${suffix}{api="kv",route="/kv/:key",method="GET"${le}}`)!;
    expect([of('count'), of('bucket', ',le="+Inf"'), of('bucket', ',le="10"')]).toEqual([3, 3, 3]);
    expect(of('sum')).toBeGreaterThan(0);
    expect(of('sum')).toBeLessThan(30);
  });

  it('counts gRPC calls by method and status', async () => {
    const metrics = await metricsOf(service);
    expect(matching(metrics, 'kvasir_grpc_requests_total')).toEqual({
      'kvasir_grpc_requests_total{method="Set",status="OK"}': 1,
      'kvasir_grpc_requests_total{method="Get",status="OK"}': 2,
      'kvasir_grpc_requests_total{method="Get",status="INVALID_ARGUMENT"}': 1,
    });
    expect(metrics.get('kvasir_grpc_request_duration_seconds_count{method="Get"}')).toBe(3);
  });

  it('tells of the store what /stats tells', async () => {
    const stats = (await service.http.get('/stats')).json() as { revision: number; log: { bytes: number } };
    const metrics = await metricsOf(service);
    expect(metrics.get('kvasir_store_revision')).toBe(stats.revision);
    expect(metrics.get('kvasir_log_bytes')).toBe(stats.log.bytes);
    expect(metrics.get('kvasir_log_group_transactions_sum')).toBe(3);
    expect(metrics.get('kvasir_log_sync_duration_seconds_count')).toBe(3);
    expect(metrics.get('kvasir_store_memory_bytes')).toBeGreaterThan(0);
    expect(metrics.get('kvasir_ready')).toBe(1);
    expect([...metrics.keys()].filter((name) => name.startsWith('kvasir_database'))).toEqual([]);
  });

  it('has the metrics of the process and of Node.js', async () => {
    const metrics = await metricsOf(service);
    for (const name of [
      'process_cpu_seconds_total',
      'process_resident_memory_bytes',
      'nodejs_eventloop_lag_p99_seconds',
    ])
      expect(metrics.get(name)).toBeGreaterThan(0);
  });

  it('counts sweeps and compactions', async () => {
    const own = await services.start({ env: { ADMIN_KEY: 'admin', PURGE_INTERVAL_MS: '10', LOG_LEVEL: 'debug' } });
    await own.http.put('/kv/a', { value: 1, ttl: 1 });
    await own.logLine(({ msg }) => msg === 'expired keys were freed');
    await own.http.send('POST', '/admin/compact', { headers: { 'x-api-key': 'admin' } });
    await own.logLine(({ msg }) => msg === 'the log was compacted');
    const metrics = await metricsOf(own);
    expect(metrics.get('kvasir_purged_entries_total')).toBe(1);
    expect(metrics.get('kvasir_compactions_total{outcome="completed"}')).toBe(1);
    expect(metrics.get('kvasir_compaction_seconds_total')).toBeGreaterThan(0);
  });
});

describe('/metrics of a service with limits and keys', () => {
  it('counts what RATE_LIMIT refused', async () => {
    const keysFile = writeApiKeys(services.directory(), {
      reader: { verbs: ['read'], prefixes: [''] },
      monitor: { verbs: ['monitor'], prefixes: [] },
    });
    const limited = await services.start({ env: { RATE_LIMIT: '1', RATE_LIMIT_BURST: '3', API_KEYS_FILE: keysFile } });
    const statusOf = async (name: string, path: string) =>
      (await limited.http.send('GET', path, { headers: { 'x-api-key': testApiKey(name) } })).status;
    const statuses = await Promise.all(Array.from({ length: 8 }, () => statusOf('reader', '/kv/a')));
    const refused = statuses.filter((status) => status === 429).length;
    expect(refused).toBeGreaterThan(0);
    expect(await statusOf('monitor', '/metrics')).toBe(200);
    const answer = await limited.http.send('GET', '/metrics', { headers: { 'x-api-key': testApiKey('monitor') } });
    expect(answer.text).toContain(`\nkvasir_rate_limited_requests_total ${refused}\n`);
    expect(answer.text).toContain(`route="/kv/:key",method="GET",status="429"} ${refused}\n`);
  });
});

describe('/metrics of a service that starts', () => {
  it('says that it is not ready, and nothing of a store that is not open yet', async () => {
    const replay = holdReplay(services.directory());
    const { directory, nodeFlags } = replay;
    const starting = await services.start({ directory, nodeFlags, until: 'listening' });
    const metrics = await metricsOf(starting);
    expect(metrics.get('kvasir_ready')).toBe(0);
    expect([...metrics.keys()].filter((name) => /^kvasir_(store|log)_/.test(name))).toEqual([]);
    replay.release();
    await starting.logLine(({ msg }) => msg === 'kv-service is ready');
    const ready = await metricsOf(starting);
    expect([ready.get('kvasir_ready'), ready.get('kvasir_store_keys')]).toEqual([1, replay.keys]);
  });
});

describe('METRICS=off', () => {
  it('leaves no route at /metrics, and does not name it', async () => {
    const { http } = await services.start({ env: { METRICS: 'off', STORE: 'memory' } });
    expect((await http.get('/metrics')).status).toBe(404);
    expect((await http.get('/')).json()).not.toHaveProperty('metrics');
  });
});
