import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { GrpcKvClient } from '@kvasir/client';
import {
  freePort,
  HttpClient,
  RawConnection,
  testApiKey,
  useSpanCollector,
  useTestServices,
  writeApiKeys,
  type LogLine,
  type ServiceProcess,
} from '@kvasir/test-harness';

const services = useTestServices();
const newCollector = useSpanCollector();

/** Nothing of this may be in a log or a trace: each is sent wherever a secret or a value is sent. */
const SECRETS = {
  adminKey: 'SECRET-admin-key',
  grpcToken: 'SECRET-grpc-token',
  gatewayKey: 'SECRET-gateway-key',
  databasePassword: 'SECRET-database-password',
  wrongKey: 'SECRET-wrong-key',
  collectorKey: 'SECRET-collector-key',
  cookie: 'SECRET-cookie',
  query: 'SECRET-in-a-query',
  value: 'SECRET-value',
};
const ANY_SECRET = /SECRET/i;

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const BODIES = [
  JSON.stringify({ value: SECRETS.value }),
  JSON.stringify({ key: 'k', value: SECRETS.value }),
  JSON.stringify({ operations: [{ op: 'set', key: 'k', value: SECRETS.value }] }),
  JSON.stringify([{ method: 'PUT', key: 'k', value: SECRETS.value }]),
  JSON.stringify({ value: { [SECRETS.value]: SECRETS.value }, ttl: SECRETS.value, increment: SECRETS.value }),
  `{"value": "${SECRETS.value}`,
  SECRETS.value,
  `{"level": "${SECRETS.value}", "${SECRETS.value}": 1}`,
  `{"level": "trace"}`,
];

/** Sends every request that the service documents, with every body, with secrets wherever they may be. */
async function walk(http: HttpClient, keys: readonly string[]): Promise<number> {
  const { paths } = (await http.get('/docs-json')).json() as OpenApi;
  let sent = 0;
  for (const [template, methods] of Object.entries(paths)) {
    const path = template.replace(/\{[^}]+\}/g, 'k');
    for (const method of Object.keys(methods)) {
      for (const key of keys) {
        for (const body of method === 'put' || method === 'post' ? BODIES : [undefined]) {
          await http.send(method.toUpperCase(), `${path}?token=${SECRETS.query}`, {
            body,
            headers: {
              'Content-Type': 'application/json',
              'x-api-key': key,
              Authorization: `Bearer ${key}`,
              Cookie: `session=${SECRETS.cookie}`,
            },
          });
          sent++;
        }
      }
    }
  }
  return sent;
}

/** Bytes that Node's parser, or the service, refuses. */
async function sendBrokenRequests(port: number): Promise<void> {
  for (const bytes of [
    `PUT /kv/k HTTP/1.1\r\nHost: k\r\nx-api-key ${SECRETS.wrongKey}\r\n\r\n${SECRETS.value}`,
    `PUT /kv/k HTTP/1.1\r\nHost: k\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${SECRETS.value}\r\n`,
    `GET http://user:${SECRETS.wrongKey}@host/kv/k?q=${SECRETS.query} HTTP/1.1\r\nHost: k\r\nConnection: close\r\n\r\n`,
    `GET ${SECRETS.query} HTTP/1.1\r\nHost: k\r\nConnection: close\r\n\r\n`,
  ]) {
    const connection = await RawConnection.open(port);
    await connection.send(bytes);
    await connection.closed;
  }
  // Goes away in the midst of its body.
  const connection = await RawConnection.open(port);
  await connection.send(
    `PUT /kv/k?q=${SECRETS.query} HTTP/1.1\r\nHost: k\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"value":"${SECRETS.value}`,
  );
  connection.socket.destroy();
}

async function call(port: number, token: string | undefined): Promise<void> {
  const client = new GrpcKvClient(`127.0.0.1:${port}`, { token });
  await client.set('k', SECRETS.value).catch(() => undefined);
  await client.get('k').catch(() => undefined);
  await client.delete('k').catch(() => undefined);
  await client.health().catch(() => undefined);
  client.close();
}

describe('at the most talkative level', () => {
  it('no secret and no value is logged or traced, whatever is sent', async () => {
    const collector = await newCollector();
    const traced = { ...collector.env, OTEL_EXPORTER_OTLP_HEADERS: `x-tenant=${SECRETS.collectorKey}` };
    const grpcPort = await freePort();
    const directory = services.directory();
    const keys = { everything: { verbs: ['read', 'write', 'delete', 'monitor', 'admin'], prefixes: [''] } } as const;
    const service = await services.start({
      directory,
      env: {
        ...traced,
        LOG_LEVEL: 'trace',
        ADMIN_KEY: SECRETS.adminKey,
        GRPC_TOKEN: SECRETS.grpcToken,
        GRPC_PORT: String(grpcPort),
        DATABASE_URL: `postgres://user:${SECRETS.databasePassword}@127.0.0.1:1/db`,
        API_KEYS_FILE: writeApiKeys(directory, keys),
      },
    });
    const apiKey = testApiKey('everything');
    const gateway = await services.start({
      app: 'api-gateway',
      env: {
        ...traced,
        LOG_LEVEL: 'trace',
        KV_GRPC_URL: `127.0.0.1:${grpcPort}`,
        GRPC_TOKEN: SECRETS.grpcToken,
        API_KEY: SECRETS.gatewayKey,
      },
    });
    const sent =
      (await walk(service.http, [apiKey, SECRETS.adminKey, SECRETS.wrongKey])) +
      (await walk(gateway.http, [SECRETS.gatewayKey, SECRETS.wrongKey]));
    expect(sent).toBeGreaterThan(100);
    await sendBrokenRequests(service.port);
    await call(grpcPort, SECRETS.grpcToken);
    await call(grpcPort, SECRETS.wrongKey);
    await call(grpcPort, undefined);
    for (const process of [service, gateway]) {
      const { stdout, stderr } = await process.stop();
      expect(stdout.split('\n').length).toBeGreaterThan(20);
      expect(stdout.split('\n').filter((line) => ANY_SECRET.test(line) || line.includes(apiKey))).toEqual([]);
      expect(stderr).toBe('');
    }
    expect(collector.spans.length).toBeGreaterThan(sent);
    for (const { headers, body } of collector.requests) {
      expect(headers['x-tenant']).toBe(SECRETS.collectorKey);
      expect([ANY_SECRET.exec(body.toString()), body.includes(apiKey)]).toEqual([null, false]);
    }
  }, 60_000);
});

describe('the line of a request, at debug', () => {
  let service: ServiceProcess;

  beforeAll(async () => {
    service = await services.start({ env: { LOG_LEVEL: 'debug', STORE: 'memory' } });
  });

  /** The line about a request that has this id. */
  function lineOf(id: string): Promise<LogLine> {
    return service.logLine((line) => line.msg === 'request' && line['id'] === id);
  }

  it('names API, method, route, key and status', async () => {
    const headers = { 'Content-Type': 'application/json', 'x-request-id': 'put-1' };
    await service.http.send('PUT', '/kv/a%2Fb%20%C3%A9?x=1', { body: '{"value":1}', headers });
    expect(await lineOf('put-1')).toEqual({
      level: 20,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      id: 'put-1',
      api: 'kv',
      method: 'PUT',
      route: '/kv/:key',
      key: 'a/b é',
      status: 200,
      sent: true,
      ms: expect.any(Number),
      msg: 'request',
    });
    await service.http.send('GET', '/nothing/here?secret', { headers: { 'x-request-id': 'lost-1' } });
    expect(await lineOf('lost-1')).toMatchObject({ path: '/nothing/here', status: 404 });
  });

  it('has the id that the request brings, its trace, or one of its own', async () => {
    const trace = '0af7651916cd43dd8448eb211c80319c';
    const traceparent = `00-${trace}-b7ad6b7169203331-01`;
    await service.http.send('GET', '/kv/traced', { headers: { traceparent } });
    expect(await lineOf(trace)).toMatchObject({ key: 'traced' });
    await service.http.send('GET', '/kv/both', { headers: { traceparent, 'x-request-id': 'mine' } });
    expect(await lineOf('mine')).toMatchObject({ key: 'both' });
    const refused = ['x'.repeat(129), 'two words', ''];
    for (const [i, id] of refused.entries()) {
      await service.http.send('GET', `/kv/refused-${i}`, { headers: { 'x-request-id': id } });
    }
    const lines = await Promise.all(refused.map((_, i) => service.logLine((line) => line['key'] === `refused-${i}`)));
    const ids = lines.map(({ id }) => id);
    expect(new Set(ids).size).toBe(refused.length);
    for (const id of ids) expect(id).toMatch(/^[\w-]{8}-\d+$/);
  });

  it('is one line of printable characters, whatever the key is', async () => {
    const key = 'k\u001b[2J\n{"level":60}\r\u0085\u009b\u2028\u202e\u007f';
    await service.http.send('GET', `/kv/${encodeURIComponent(key)}`, { headers: { 'x-request-id': 'nasty' } });
    expect(await lineOf('nasty')).toMatchObject({ key });
    const text = service.logLines.length;
    const { stdout } = await service.stop();
    expect(stdout.trimEnd().split('\n').length).toBeGreaterThanOrEqual(text);
    expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
    for (const line of stdout.trimEnd().split('\n')) expect(JSON.parse(line)).toHaveProperty('msg');
  });

  it('is readable with LOG_FORMAT=pretty, and no key steers the terminal', async () => {
    const directory = services.directory();
    const port = await freePort();
    const stop = join(directory, 'stop');
    const module = `
      import { existsSync } from 'node:fs';
      setInterval(() => { if (existsSync(${JSON.stringify(stop)})) process.kill(process.pid, 'SIGTERM'); }, 20).unref();`;
    const ended = services.run({
      directory,
      env: { LOG_FORMAT: 'pretty', LOG_LEVEL: 'debug', STORE: 'memory', PORT: String(port) },
      nodeFlags: ['--import', `data:text/javascript,${encodeURIComponent(module)}`],
    });
    const http = new HttpClient(port);
    while ((await http.get('/health/ready').catch(() => undefined))?.status !== 200);
    await http.get(`/kv/${encodeURIComponent('k\u001b[2J\nFATAL: forged')}`);
    http.close();
    writeFileSync(stop, '');
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: kv-service is ready$/m);
    expect(stdout).toContain('\\u001b[2J\\u000aFATAL: forged');
    expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
    expect(stdout).not.toMatch(/^\s*FATAL/m);
  });
});

describe('a gRPC call, at debug', () => {
  it('is a line with route, key and status', async () => {
    const port = await freePort();
    const service = await services.start({ env: { LOG_LEVEL: 'debug', STORE: 'memory', GRPC_PORT: String(port) } });
    const client = new GrpcKvClient(`127.0.0.1:${port}`);
    await client.set('k', 'v');
    await expect(client.get('')).rejects.toThrow('key cannot be empty');
    client.close();
    const common = { level: 20, id: expect.any(String), api: 'rpc', ms: expect.any(Number), msg: 'request' };
    expect(await service.logLine((line) => line['route'] === 'Set')).toMatchObject({
      ...common,
      key: 'k',
      status: 'OK',
    });
    expect(await service.logLine((line) => line['route'] === 'Get')).toMatchObject({
      ...common,
      key: '',
      status: 'INVALID_ARGUMENT',
    });
  });
});

describe('/admin/log-level', () => {
  const KEY = 'admin';
  const headers = { 'Content-Type': 'application/json', 'x-api-key': KEY };
  let service: ServiceProcess;

  beforeAll(async () => {
    service = await services.start({ env: { ADMIN_KEY: KEY, STORE: 'memory' } });
  });

  async function put(body: string): Promise<[number, unknown]> {
    const answer = await service.http.send('PUT', '/admin/log-level', { body, headers });
    return [answer.status, answer.status === 200 ? answer.json() : (answer.json() as { error: string }).error];
  }

  async function isLogged(key: string): Promise<boolean> {
    await service.http.get(`/kv/${key}`);
    // Its line would be there before the next request's.
    await put('{"level":"debug"}');
    await service.http.get(`/kv/after-${key}`);
    await service.logLine((line) => line['key'] === `after-${key}`);
    return service.logLines.some((line) => line['key'] === key);
  }

  it('changes what is logged at run time, and tells it', async () => {
    const get = await service.http.send('GET', '/admin/log-level', { headers });
    expect([get.status, get.json(), get.headers['cache-control']]).toEqual([200, { level: 'info' }, 'no-store']);
    expect(await isLogged('at-info')).toBe(false);
    expect(await isLogged('at-debug')).toBe(true);
    expect(await put('{"level":"WARNING"}')).toEqual([200, { level: 'warn' }]);
    // A log that goes quiet says so.
    await service.logLine((line) => line['from'] === 'debug' && line['to'] === 'warn');
    expect(await isLogged('at-warn')).toBe(false);
    expect(await put('{"level":"info"}')).toEqual([200, { level: 'info' }]);
    const back = await service.logLine((line) => line['from'] === 'debug' && line['to'] === 'info');
    expect(back.level).toBe(30);
  });

  it('leaves a line of each change, also between two levels at which the line itself would not be logged', async () => {
    for (const level of ['info', 'warn', 'error', 'fatal', 'error', 'trace', 'info'])
      await put(JSON.stringify({ level }));
    // Only this test goes to and from trace: an answer may be here before its line is.
    await service.logLine((line) => line['from'] === 'trace');
    const changes = service.logLines.filter(({ msg }) => msg === 'the log level was changed').slice(-6);
    expect(changes.map(({ level, context, from, to }) => [level, context, from, to])).toEqual(
      [
        ['info', 'warn'],
        ['warn', 'error'],
        ['error', 'fatal'],
        ['fatal', 'error'],
        ['error', 'trace'],
        ['trace', 'info'],
      ].map(([from, to]) => [30, 'LogLevelController', from, to]),
    );
  });

  it.each([
    ['', /the body does not fit/],
    [
      '{"level":"loud"}',
      /^level is 'loud': allowed is fatal, error, warn \(or warning\), info, debug or trace, in any case$/,
    ],
    ['{"level":5}', /the body does not fit/],
    ['{}', /^the body has no 'level': allowed is fatal/],
    ['{"level":"info","for":"ever"}', /^the body has a member 'for'; allowed is 'level' alone$/],
    ['{"level":"info","level":"debug"}', /the body does not fit/],
    ['["info"]', /the body does not fit/],
  ])('refuses the body %s with a 400, and changes nothing', async (body, problem) => {
    expect(await put('{"level":"error"}')).toEqual([200, { level: 'error' }]);
    expect(await put(body)).toEqual([400, expect.stringMatching(problem)]);
    expect((await service.http.send('GET', '/admin/log-level', { headers })).json()).toEqual({ level: 'error' });
  });

  it('is a 401 without the key, and a 404 in a service without ADMIN_KEY', async () => {
    for (const method of ['GET', 'PUT']) {
      const body = method === 'PUT' ? '{"level":"info"}' : undefined;
      expect((await service.http.send(method, '/admin/log-level', { body })).status).toBe(401);
    }
    const open = await services.start({ env: { STORE: 'memory' } });
    expect((await open.http.get('/admin/log-level')).status).toBe(404);
  });
});
