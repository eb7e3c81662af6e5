import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { GrpcKvClient } from '@kvasir/client';
import {
  freePort,
  useSpanCollector,
  useTestDatabase,
  useTestServices,
  type CollectedSpan,
  type ServiceProcess,
  type SpanCollector,
} from '@kvasir/test-harness';

const services = useTestServices();
const newCollector = useSpanCollector();

const PARENT = '00f067aa0ba902b7';
let traces = 0;
/** A trace that nobody else has. */
function newTrace(isSampled = true): { readonly trace: string; readonly traceparent: string } {
  const trace = `b${(++traces).toString(16).padStart(31, '0')}`;
  return { trace, traceparent: `00-${trace}-${PARENT}-${isSampled ? '01' : '00'}` };
}

const JSON_TYPE = { 'Content-Type': 'application/json' };
const BATCH = {
  operations: [
    { op: 'set', key: 'a', value: 1 },
    { op: 'get', key: 'a' },
  ],
};

/** One request of each API: what it is, and its spans, the server's first. */
const REQUESTS: readonly (readonly [string, string, unknown, readonly string[]])[] = [
  ['GET', '/kv/a', undefined, ['GET /kv/:key']],
  ['PUT', '/kv/a', { value: 1 }, ['PUT /kv/:key', 'store.commit', 'log.sync']],
  ['DELETE', '/kv/a', undefined, ['DELETE /kv/:key', 'store.commit', 'log.sync']],
  // Nothing is written, so nothing is synced; the log has been before.
  ['DELETE', '/kv/missing', undefined, ['DELETE /kv/:key', 'store.commit']],
  ['POST', '/kv/batch', BATCH, ['POST /kv/batch', 'store.commit', 'log.sync']],
  ['GET', '/kv?prefix=a', undefined, ['GET /kv']],
  ['POST', '/keys/a', { key: 'a', value: 1 }, ['POST /keys/:key', 'store.commit', 'log.sync']],
  ['PUT', '/record', { value: 1 }, ['PUT /:key', 'store.commit', 'log.sync']],
  [
    'PUT',
    '/api/v1/store/n/increment',
    { increment: 1 },
    ['PUT /api/v1/store/:key/increment', 'store.commit', 'log.sync'],
  ],
  ['GET', '/stats', undefined, ['GET /stats']],
  ['GET', '/docs-json', undefined, ['GET']],
  ['PATCH', '/kv/a', undefined, ['PATCH']],
  ['PUT', '/kv/a', 'no json', ['PUT /kv/:key']],
];

const rootsFirst = (spans: readonly CollectedSpan[]): CollectedSpan[] => {
  const depth = (span: CollectedSpan): number => {
    const parent = spans.find(({ spanId }) => spanId === span.parentSpanId);
    return parent === undefined ? 0 : depth(parent) + 1;
  };
  return [...spans].sort((a, b) => depth(a) - depth(b));
};

describe.each(['on', 'off'])('kv-service with HTTP_FAST=%s', (fast) => {
  let collector: SpanCollector;
  let service: ServiceProcess;

  beforeAll(async () => {
    collector = await newCollector();
    service = await services.start({ env: { ...collector.env, HTTP_FAST: fast } });
    const { status } = await service.http.post('/api/v1/store/n', { value: '1' });
    expect(status).toBe(201);
  });

  it.each(REQUESTS)('traces %s %s', async (method, path, body, names) => {
    const { trace, traceparent } = newTrace();
    await service.http.send(method, path, {
      headers: { traceparent, ...(body !== undefined && JSON_TYPE) },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const spans = rootsFirst(await collector.spansOf(trace, names.length));
    expect(spans.map(({ name }) => name)).toEqual(names);
    expect(spans.map(({ parentSpanId }) => parentSpanId)).toEqual([
      PARENT,
      ...spans.slice(0, -1).map(({ spanId }) => spanId),
    ]);
  });

  it('keeps requests that are under way at once apart', async () => {
    const all = Array.from({ length: 50 }, newTrace);
    await Promise.all(
      all.map(({ traceparent }, i) =>
        service.http.send('PUT', `/kv/k${i}`, { headers: { traceparent, ...JSON_TYPE }, body: '{"value":1}' }),
      ),
    );
    for (const { trace } of all) {
      const spans = rootsFirst(await collector.spansOf(trace, 3));
      expect(spans.map(({ name }) => name)).toEqual(['PUT /kv/:key', 'store.commit', 'log.sync']);
      expect(spans.map(({ parentSpanId }) => parentSpanId)).toEqual([PARENT, spans[0]!.spanId, spans[1]!.spanId]);
      const [server, commit, sync] = spans as [CollectedSpan, CollectedSpan, CollectedSpan];
      expect(sync.startedAt >= commit.startedAt && sync.endedAt <= commit.endedAt).toBe(true);
      expect(commit.startedAt >= server.startedAt && commit.endedAt <= server.endedAt).toBe(true);
    }
  });
});

describe('requests behind one another on a connection', () => {
  /** Holds the write of each record with the key "held" until the process is sent SIGUSR2. */
  const HOLDING = `
    import fs from 'node:fs'; import { syncBuiltinESMExports } from 'node:module';
    const { write } = fs;
    const held = [];
    fs.write = (fd, bytes, ...rest) => {
      if (Buffer.isBuffer(bytes) && bytes.includes('"held"')) held.push(() => write(fd, bytes, ...rest));
      else write(fd, bytes, ...rest);
    };
    syncBuiltinESMExports();
    process.on('SIGUSR2', () => { for (const go of held.splice(0)) go(); });`;
  const nodeFlags = ['--import', `data:text/javascript,${encodeURIComponent(HOLDING)}`];

  it.each(['on', 'off'])('have no spans in the trace of the one before, with HTTP_FAST=%s', async (fast) => {
    const collector = await newCollector();
    const service = await services.start({ env: { ...collector.env, HTTP_FAST: fast }, nodeFlags });
    const connection = await service.connect();
    const put = (key: string, traceparent: string): Promise<void> =>
      connection.send(
        `PUT /kv/${key} HTTP/1.1\r\nHost: x\r\ntraceparent: ${traceparent}\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"value":1}`,
      );
    // What was sent before it has been read when this one is answered.
    const beRead = (): Promise<unknown> => service.http.get('/health');
    const [first, unsampled, last] = [newTrace(), newTrace(false), newTrace()];
    await beRead();
    await put('held', first.traceparent);
    await beRead();
    await put('unsampled', unsampled.traceparent);
    await beRead();
    process.kill(service.pid, 'SIGUSR2');
    expect([(await connection.next()).status, (await connection.next()).status]).toEqual([200, 200]);
    await put('last', last.traceparent);
    expect((await connection.next()).status).toBe(200);
    connection.destroy();
    // Spans are sent in the order in which they end.
    await collector.spansOf(last.trace, 3);
    expect(collector.spans.map(({ name, traceId }) => [name, traceId])).toEqual(
      [first, last].flatMap(({ trace }) => ['log.sync', 'store.commit', 'PUT /kv/:key'].map((name) => [name, trace])),
    );
  });
});

describe('spans of kv-service', () => {
  it('hold the name of a key at debug, as the log does, and not otherwise', async () => {
    const collector = await newCollector();
    const service = await services.start({ env: { ...collector.env, LOG_LEVEL: 'debug', ADMIN_KEY: 'admin' } });
    const [debug, info, own] = [newTrace(), newTrace(), newTrace()];
    const put = (traceparent: string): Promise<unknown> =>
      service.http.send('PUT', '/kv/the-key', { headers: { traceparent, ...JSON_TYPE }, body: '{"value":1}' });
    await put(debug.traceparent);
    await service.http.send('PUT', '/admin/log-level', {
      headers: { 'x-api-key': 'admin', traceparent: own.traceparent, ...JSON_TYPE },
      body: '{"level":"info"}',
    });
    await put(info.traceparent);
    const keyOf = async (trace: string): Promise<unknown> =>
      rootsFirst(await collector.spansOf(trace, 3))[0]!.attributes['kvasir.key'];
    expect([await keyOf(debug.trace), await keyOf(info.trace)]).toEqual(['the-key', undefined]);
  });

  it('are made without metrics, too', async () => {
    const collector = await newCollector();
    const service = await services.start({ env: { ...collector.env, METRICS: 'off', STORE: 'memory' } });
    const { trace, traceparent } = newTrace();
    await service.http.send('PUT', '/kv/k', { headers: { traceparent, ...JSON_TYPE }, body: '{"value":1}' });
    expect(rootsFirst(await collector.spansOf(trace, 2)).map(({ name }) => name)).toEqual([
      'PUT /kv/:key',
      'store.commit',
    ]);
  });

  it('name their trace in the log, whoever began it', async () => {
    const collector = await newCollector();
    const service = await services.start({ env: { ...collector.env, LOG_LEVEL: 'debug', STORE: 'memory' } });
    await service.http.get('/kv/nobody-began-it');
    const line = await service.logLine(({ msg, key }) => msg === 'request' && key === 'nobody-began-it');
    const [span] = await collector.spansOf(line['traceId'] as string, 1);
    expect(span).toMatchObject({ name: 'GET /kv/:key', parentSpanId: '' });
  });

  it('are sent as protobuf when nobody asks for something else', async () => {
    const collector = await newCollector();
    const env = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/some/where`, OTEL_BSP_SCHEDULE_DELAY: '10' };
    const service = await services.start({ env });
    const { trace, traceparent } = newTrace();
    await service.http.send('GET', '/kv/k', { headers: { traceparent } });
    await collector.until(() => collector.requests.some(({ body }) => body.includes(Buffer.from(trace, 'hex'))));
    const [request] = collector.requests;
    expect([request!.path, request!.headers['content-type']]).toEqual(['/some/where', 'application/x-protobuf']);
  });

  it('are all sent at a stop', async () => {
    const collector = await newCollector();
    const service = await services.start({ env: { ...collector.env, OTEL_BSP_SCHEDULE_DELAY: '60000' } });
    for (let i = 0; i < 700; i++) await service.http.get('/kv/k');
    const { code } = await service.stop();
    expect([code, collector.spans.length]).toEqual([0, 700]);
  });
});

describe('reads that leave the process', () => {
  const database = useTestDatabase();

  it('have a span of their own', async () => {
    const collector = await newCollector();
    const grpcPort = await freePort();
    const env = { STORE: 'postgres', DATABASE_URL: database.url(), DATABASE_SCHEMA: database.newSchema() };
    const service = await services.start({ env: { ...collector.env, ...env, GRPC_PORT: String(grpcPort) } });
    const [read, list, rpc] = [newTrace(), newTrace(), newTrace()];
    await service.http.send('GET', '/kv/k', { headers: { traceparent: read.traceparent } });
    await service.http.send('GET', '/kv', { headers: { traceparent: list.traceparent } });
    const client = new GrpcKvClient(`127.0.0.1:${grpcPort}`, { deadlineMs: 10_000 });
    await client.get('k', { trace: { traceparent: rpc.traceparent, tracestate: 'a=1' } });
    client.close();
    const namesOf = async (trace: string): Promise<string[]> =>
      rootsFirst(await collector.spansOf(trace, 2)).map(({ name }) => name);
    expect(await namesOf(read.trace)).toEqual(['GET /kv/:key', 'store.get']);
    expect(await namesOf(list.trace)).toEqual(['GET /kv', 'store.list']);
    expect(await namesOf(rpc.trace)).toEqual(['keyvalue.KeyValueService/Get', 'store.get']);
  });
});

describe('a collector that does not do its part', () => {
  const aboutSpans = (service: ServiceProcess): string[] =>
    service.troubles.map(({ msg }) => msg).filter((msg) => msg.includes('spans'));
  const LOST = 'spans cannot be sent to OTEL_EXPORTER_OTLP_ENDPOINT and are lost until they can be';

  it('is told of once, and served without', async () => {
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await freePort()}`,
      OTEL_BSP_SCHEDULE_DELAY: '1',
      OTEL_EXPORTER_OTLP_TIMEOUT: '50',
    };
    const service = await services.start({ env });
    const get = async (): Promise<void> => expect((await service.http.get('/kv/k')).status).toBe(404);
    await get();
    await service.logLine(({ msg }) => msg === LOST);
    for (let i = 0; i < 1000; i++) await get();
    const { code, ms } = await service.stop();
    expect([aboutSpans(service), code]).toEqual([[LOST], 0]);
    expect(ms).toBeLessThan(4000);
  });

  it('is told of once more when it is back', async () => {
    const collector = await newCollector();
    collector.mode = 'refuse';
    const env = { ...collector.env, OTEL_EXPORTER_OTLP_TIMEOUT: '50' };
    const service = await services.start({ env });
    await service.http.get('/kv/k');
    await service.logLine(({ msg }) => msg === LOST);
    collector.mode = 'serve';
    await service.http.get('/kv/k');
    const line = await service.logLine(({ msg }) => msg === 'spans are taken again; those from meanwhile are lost');
    expect([line['lost'], line.level]).toEqual([1, 30]);
  });

  it('is told of once when it takes spans more slowly than they come', async () => {
    const collector = await newCollector();
    collector.mode = 'hang';
    const service = await services.start({ env: { ...collector.env, OTEL_BSP_MAX_QUEUE_SIZE: '1' } });
    // One is being sent, one waits, the others are lost.
    for (let i = 0; i < 5; i++) await service.http.get('/kv/k');
    const line = await service.logLine(({ msg }) => msg === LOST);
    expect(line['reason']).toBe('1 spans wait already, which is OTEL_BSP_MAX_QUEUE_SIZE');
    await service.stop();
    expect(aboutSpans(service)).toEqual([LOST]);
  });

  it('does not hold a stop that it hangs in', async () => {
    const collector = await newCollector();
    collector.mode = 'hang';
    const service = await services.start({ env: { ...collector.env, SHUTDOWN_TIMEOUT_MS: '2000' } });
    for (let i = 0; i < 20; i++) await service.http.put('/kv/k', { value: i });
    await collector.until(() => collector.requests.length > 0);
    const { code, ms, stdout } = await service.stop();
    expect(code).toBe(0);
    expect(ms).toBeLessThan(2000);
    expect(stdout).toContain('kv-service has stopped');
  });
});

describe('the modules that a service loads', () => {
  /** Writes which files were loaded when the process ends. */
  const LISTING = `import Module from 'node:module'; import { writeFileSync } from 'node:fs';
    process.on('exit', () => writeFileSync(process.env.LOADED_MODULES, Object.keys(Module._cache).join('\\n')));`;

  async function packagesOf(app: string, env: Readonly<Record<string, string>>): Promise<string[]> {
    const file = join(services.directory(), 'modules.txt');
    const service = await services.start({
      app,
      env: { LOADED_MODULES: file, API_KEY: 'k', METRICS_KEY: 'm', ...env },
      nodeFlags: ['--import', `data:text/javascript,${encodeURIComponent(LISTING)}`],
    });
    await service.http.get('/health');
    expect((await service.stop()).code).toBe(0);
    const names = readFileSync(file, 'utf8').matchAll(/node_modules\/(@opentelemetry\/[^/]+)/g);
    return [...new Set(Array.from(names, ([, name]) => name!))].sort();
  }

  /** prom-client brings it along, for exemplars. */
  const OF_PROM_CLIENT = ['@opentelemetry/api'];
  const OFF: readonly Readonly<Record<string, string>>[] = [
    {},
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_SDK_DISABLED: 'true' },
  ];

  it.each(['kv-service', 'api-gateway', 'test-client'])(
    'hold nothing of the SDK without a collector: %s',
    async (app) => {
      for (const env of OFF) expect(OF_PROM_CLIENT).toEqual(expect.arrayContaining(await packagesOf(app, env)));
    },
  );

  it.each(['kv-service', 'api-gateway', 'test-client'])('hold the SDK with one: %s', async (app) => {
    const collector = await newCollector();
    expect(await packagesOf(app, collector.env)).toEqual(expect.arrayContaining(['@opentelemetry/sdk-trace']));
  });
});

describe('test-client', () => {
  it('makes its requests a part of the trace of whoever asks for a run', async () => {
    const collector = await newCollector();
    const service = await services.start({ env: collector.env });
    const KV_SERVICE_URL = `http://127.0.0.1:${service.port}`;
    const testClient = await services.start({ app: 'test-client', env: { ...collector.env, KV_SERVICE_URL } });
    const { trace, traceparent } = newTrace();
    expect((await testClient.http.send('POST', '/test/deletion', { headers: { traceparent } })).status).toBe(200);
    const ofService = (span: CollectedSpan): boolean => span.service === 'kv-service' && span.kind === 'server';
    await collector.until(() => collector.trace(trace).filter(ofService).length >= 4);
    await testClient.stop();
    const spans = collector.trace(trace);
    const [root] = spans.filter(({ parentSpanId }) => parentSpanId === PARENT);
    expect(root).toMatchObject({ service: 'test-client', kind: 'server' });
    const steps = spans.filter(({ kind }) => kind === 'client');
    expect(steps.length).toBeGreaterThanOrEqual(4);
    for (const step of steps) {
      expect(step).toMatchObject({ service: 'test-client', parentSpanId: root!.spanId });
      expect(spans.filter((span) => span.parentSpanId === step.spanId).map(ofService)).toEqual([true]);
    }
  });
});
