import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  freePort,
  useSpanCollector,
  useTestServices,
  type CollectedSpan,
  type HttpAnswer,
  type ServiceProcess,
  type SpanCollector,
} from '@kvasir/test-harness';

const services = useTestServices();
const newCollector = useSpanCollector();
const KEY = 'key-of-a-client';

/** A trace of its own for each test. */
const traceId = (n: number): string => n.toString(16).padStart(32, 'a');
const PARENT = '00f067aa0ba902b7';
const traceparent = (trace: string, flags = '01'): string => `00-${trace}-${PARENT}-${flags}`;

type Env = Readonly<Record<string, string>>;

/** A kv-service and a gateway in front of it. */
async function startBoth(env: Env, gatewayEnv: Env = env): Promise<{ store: ServiceProcess; gateway: ServiceProcess }> {
  const grpcPort = await freePort();
  const store = await services.start({ env: { ...env, GRPC_PORT: String(grpcPort) } });
  const own = { KV_GRPC_URL: `127.0.0.1:${grpcPort}`, API_KEY: KEY };
  const gateway = await services.start({ app: 'api-gateway', env: { ...own, ...gatewayEnv } });
  return { store, gateway };
}

function put(gateway: ServiceProcess, key: string, headers: Env): Promise<HttpAnswer> {
  return gateway.http.send('PUT', '/v1/values', {
    body: JSON.stringify({ key, value: 'v' }),
    headers: { 'Content-Type': 'application/json', 'x-api-key': KEY, ...headers },
  });
}

function get(gateway: ServiceProcess, key: string, headers: Env): Promise<HttpAnswer> {
  return gateway.http.send('GET', `/v1/values/${key}`, { headers: { 'x-api-key': KEY, ...headers } });
}

const named = (spans: readonly CollectedSpan[], name: string): CollectedSpan => {
  const found = spans.filter((span) => span.name === name);
  expect(found.map((span) => span.name)).toEqual([name]);
  return found[0]!;
};

const within = (inner: CollectedSpan, outer: CollectedSpan): boolean =>
  inner.startedAt >= outer.startedAt && inner.endedAt <= outer.endedAt;

describe('a write through the gateway', () => {
  let collector: SpanCollector;
  let gateway: ServiceProcess;

  beforeAll(async () => {
    collector = await newCollector();
    ({ gateway } = await startBoth(collector.env));
  });

  it('is one trace from the caller to the disk', async () => {
    const trace = traceId(1);
    expect((await put(gateway, 'secret-key', { traceparent: traceparent(trace), tracestate: 'a=1, b=2' })).status).toBe(
      200,
    );
    const spans = await collector.spansOf(trace, 5);
    const server = named(spans, 'PUT /v1/values');
    const [client, rpc] = spans
      .filter(({ name }) => name === 'keyvalue.KeyValueService/Set')
      .sort((a, b) => a.kind.localeCompare(b.kind)) as [CollectedSpan, CollectedSpan];
    const commit = named(spans, 'store.commit');
    const sync = named(spans, 'log.sync');
    expect(spans.length).toBe(5);
    expect([server, client, rpc, commit, sync].map((span) => [span.service, span.kind, span.parentSpanId])).toEqual([
      ['api-gateway', 'server', PARENT],
      ['api-gateway', 'client', server.spanId],
      ['kv-service', 'server', client.spanId],
      ['kv-service', 'internal', rpc.spanId],
      ['kv-service', 'internal', commit.spanId],
    ]);
    for (const span of spans) expect([span.traceState, span.isError]).toEqual(['a=1,b=2', false]);
    expect([within(client, server), within(commit, rpc), within(sync, commit)]).toEqual([true, true, true]);
    expect(server.attributes).toEqual({
      'http.request.method': 'PUT',
      'url.scheme': 'http',
      'http.route': '/v1/values',
      'url.path': '/v1/values',
      'http.response.status_code': 200,
      'kvasir.api': 'values',
    });
    const call = { 'rpc.system': 'grpc', 'rpc.service': 'keyvalue.KeyValueService', 'rpc.method': 'Set' };
    expect(client.attributes).toEqual({ ...call, 'rpc.grpc.status_code': 0 });
    expect(rpc.attributes).toEqual({ ...call, 'rpc.grpc.status_code': 0 });
    expect(commit.attributes).toEqual({ 'kvasir.operations': 1, 'kvasir.atomic': false });
    expect(sync.attributes).toEqual({ 'kvasir.group.transactions': 1 });
  });

  it('says nothing of its key in a path', async () => {
    const trace = traceId(2);
    await get(gateway, 'secret-key', { traceparent: traceparent(trace) });
    const spans = await collector.spansOf(trace, 3);
    expect(named(spans, 'GET /v1/values/:key').attributes).toMatchObject({ 'http.route': '/v1/values/:key' });
    expect(collector.requests.some(({ body }) => body.includes('secret-key'))).toBe(false);
  });

  it.each([
    ['not sampled', '00'],
    ['not sampled, of a random trace', '02'],
  ])('is sent to nobody when its caller has decided so: %s', async (_name, flags) => {
    const [unsampled, sampled] = [traceId(30 + Number(flags)), traceId(40 + Number(flags))];
    await put(gateway, 'k', { traceparent: traceparent(unsampled, flags) });
    await put(gateway, 'k', { traceparent: traceparent(sampled) });
    // Whatever there was of the one would have come before the other.
    await collector.spansOf(sampled, 5);
    expect(collector.trace(unsampled)).toEqual([]);
  });

  it.each([
    ['of another length', `00-${traceId(5)}0-${PARENT}-01`],
    ['twice', `${traceparent(traceId(5))}, ${traceparent(traceId(5))}`],
    ['of version ff', `ff-${traceId(5)}-${PARENT}-01`],
    ['all zero', `00-${'0'.repeat(32)}-${PARENT}-01`],
    ['of anything', "'; DROP TABLE traces"],
    ['not there', undefined],
  ])('begins a trace when its traceparent is %s', async (_name, bad) => {
    const before = collector.spans.length;
    expect((await put(gateway, 'k', bad === undefined ? {} : { traceparent: bad, tracestate: 'a=1' })).status).toBe(
      200,
    );
    const isRoot = (span: CollectedSpan): boolean => span.parentSpanId === '' && span.name === 'PUT /v1/values';
    await collector.until(() => collector.spans.slice(before).some(isRoot));
    const root = collector.spans.slice(before).find(isRoot)!;
    const spans = await collector.spansOf(root.traceId, 5);
    expect(root.traceId).not.toBe(traceId(5));
    expect(spans.map(({ service }) => service).sort()).toEqual([
      'api-gateway',
      'api-gateway',
      'kv-service',
      'kv-service',
      'kv-service',
    ]);
    for (const span of spans) expect(span.traceState).toBe('');
  });

  it('is a failure where something is wrong, and none where nothing is', async () => {
    const [missing, refused] = [traceId(6), traceId(7)];
    expect((await get(gateway, 'missing', { traceparent: traceparent(missing) })).status).toBe(404);
    expect((await get(gateway, 'a%00b', { traceparent: traceparent(refused) })).status).toBe(400);
    for (const span of await collector.spansOf(missing, 3)) expect(span.isError).toBe(false);
    const [span] = await collector.spansOf(refused, 1);
    expect([span!.isError, span!.attributes['http.response.status_code']]).toEqual([false, 400]);
  });

  it('makes no trace of what probes ask', async () => {
    const before = collector.spans.length;
    expect((await gateway.http.get('/health/ready')).status).toBe(200);
    expect((await gateway.http.get('/health')).status).toBe(200);
    await put(gateway, 'k', { traceparent: traceparent(traceId(8)) });
    await collector.spansOf(traceId(8), 5);
    expect(collector.spans.slice(before).filter((span) => span.traceId !== traceId(8))).toEqual([]);
  });
});

describe('a gateway that is sampled at the head', () => {
  it('decides for the services behind it', async () => {
    const collector = await newCollector();
    const { gateway, store } = await startBoth(
      { ...collector.env, OTEL_SERVICE_NAME: 'the-store', OTEL_RESOURCE_ATTRIBUTES: 'a=b' },
      { ...collector.env, OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' },
    );
    for (let i = 0; i < 5; i++) expect((await put(gateway, 'k', {})).status).toBe(200);
    await put(gateway, 'k', { traceparent: traceparent(traceId(9)) });
    const { code } = await gateway.stop();
    expect([code, (await store.stop()).code]).toEqual([0, 0]);
    expect(new Set(collector.spans.map((span) => span.traceId))).toEqual(new Set([traceId(9)]));
    expect(new Set(collector.spans.map((span) => span.service))).toEqual(new Set(['api-gateway', 'the-store']));
  });
});

describe('a service behind which kv-service is gone', () => {
  it('has a client span that failed, and a server span that did', async () => {
    const collector = await newCollector();
    const env = { ...collector.env, KV_GRPC_URL: `127.0.0.1:${await freePort()}`, API_KEY: KEY };
    const gateway = await services.start({ app: 'api-gateway', env });
    expect((await get(gateway, 'k', { traceparent: traceparent(traceId(10)) })).status).toBe(503);
    const spans = await collector.spansOf(traceId(10), 2);
    expect(named(spans, 'keyvalue.KeyValueService/Get')).toMatchObject({
      isError: true,
      attributes: { 'rpc.grpc.status_code': 14, 'error.type': 'UNAVAILABLE' },
    });
    expect(named(spans, 'GET /v1/values/:key')).toMatchObject({
      isError: true,
      attributes: { 'http.response.status_code': 503, 'error.type': '503' },
    });
  });
});

describe('without a collector', () => {
  let gateway: ServiceProcess;
  let store: ServiceProcess;

  beforeAll(async () => {
    ({ gateway, store } = await startBoth({ LOG_LEVEL: 'debug' }));
  });

  it('a trace is passed on to kv-service, and both name it in their logs', async () => {
    const trace = traceId(11);
    await put(gateway, 'k', { traceparent: traceparent(trace), 'x-request-id': 'mine' });
    const isRequest = (line: { readonly msg: string; readonly traceId?: unknown }): boolean =>
      line.msg === 'request' && line.traceId === trace;
    expect(await gateway.logLine(isRequest)).toMatchObject({ id: 'mine', route: '/v1/values', traceId: trace });
    expect(await store.logLine(isRequest)).toMatchObject({ id: trace, route: 'Set', traceId: trace });
  });

  it.each([undefined, `00-${traceId(12)}-${PARENT}-1`, traceparent('0'.repeat(32))])(
    'none is made up where none came: %s',
    async (bad) => {
      const id = `request-${bad ?? 'without'}`;
      await put(gateway, 'k', { 'x-request-id': id, ...(bad !== undefined && { traceparent: bad }) });
      expect(await gateway.logLine((line) => line['id'] === id)).not.toHaveProperty('traceId');
      expect(store.logLines.filter((line) => line['traceId'] !== undefined && line['traceId'] !== traceId(11))).toEqual(
        [],
      );
    },
  );
});

describe('the metadata that the gateway sends', () => {
  it('carries a trace without a collector on the gateway to a kv-service that has one', async () => {
    const collector = await newCollector();
    const { gateway } = await startBoth(collector.env, {});
    const trace = traceId(13);
    await put(gateway, 'k', { traceparent: traceparent(trace), tracestate: 'vendor=state' });
    const rpc = named(await collector.spansOf(trace, 3), 'keyvalue.KeyValueService/Set');
    expect(rpc).toMatchObject({ service: 'kv-service', parentSpanId: PARENT, traceState: 'vendor=state' });
  });
});
