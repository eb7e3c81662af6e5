import { beforeAll, describe, expect, it } from '@jest/globals';
import { RawConnection, useTestServices, type ServiceProcess } from '@kvasir/test-harness';
import { get, JSON_TYPE, KEY, put, remove, said, WITH_KEY, startsOf, type Env } from './testing/gateway.js';

const services = useTestServices();
const { startStore, startGateway } = startsOf(services);

describe('/v1/values', () => {
  let gateway: ServiceProcess;
  let store: ServiceProcess;

  beforeAll(async () => {
    const started = await startStore();
    ({ store } = started);
    gateway = await startGateway(started.port, { API_KEYS: 'one, two' });
  });

  const keysInStore = async (): Promise<number> => ((await store.http.get('/stats')).json() as { keys: number }).keys;

  it('writes, reads and removes a value', async () => {
    expect(said(await put(gateway, '{"key": "hello", "value": "world"}'))).toEqual([
      200,
      '{"key":"hello","value":"world"}',
    ]);
    expect(said(await get(gateway, '/v1/values/hello'))).toEqual([200, '{"key":"hello","value":"world"}']);
    expect((await store.http.get('/kv/hello')).text).toBe('{"value":"world"}');
    const gone = await remove(gateway, '/v1/values/hello');
    expect(said(gone)).toEqual([204, '']);
    expect(gone.headers).not.toHaveProperty('content-length');
    expect(gone.headers).not.toHaveProperty('content-type');
    expect(said(await remove(gateway, '/v1/values/hello'))).toEqual([204, '']);
    expect(said(await get(gateway, '/v1/values/hello'))).toEqual([404, '{"error":"Key not found"}']);
  });

  it('answers HEAD like GET, without the body', async () => {
    await put(gateway, '{"key":"head","value":"v"}');
    const { status, headers, text } = await gateway.http.send('HEAD', '/v1/values/head', { headers: WITH_KEY });
    expect([status, headers['content-length'], text]).toEqual([200, '26', '']);
  });

  it.each([
    ['a/b', '/v1/values/a%2Fb'],
    ['..', '/v1/values/%2e%2E'],
    ['a+b', '/v1/values/a+b'],
    ['é', '/v1/values/\xc3\xa9'],
    ['é😀', '/v1/values/%C3%A9%F0%9F%98%80'],
    ['__proto__', '/v1/values/__proto__'],
  ])('takes the key %j', async (key, path) => {
    const body = JSON.stringify({ key, value: `of ${key}` });
    expect(said(await put(gateway, body))).toEqual([200, body]);
    expect(said(await get(gateway, path))).toEqual([200, body]);
    expect((await remove(gateway, path)).status).toBe(204);
  });

  it('takes a missing value for the empty string, and leaves other members alone', async () => {
    expect(said(await put(gateway, '{"key":"empty","more":{"a":[1,{"a":null}]}}'))).toEqual([
      200,
      '{"key":"empty","value":""}',
    ]);
    expect(said(await get(gateway, '/v1/values/empty'))).toEqual([200, '{"key":"empty","value":""}']);
  });

  it('reads a value that is no string as its JSON text', async () => {
    await store.http.send('PUT', '/kv/number', { body: '{"value":1.10}' });
    expect(said(await get(gateway, '/v1/values/number'))).toEqual([200, '{"key":"number","value":"1.10"}']);
    await store.http.send('PUT', '/kv/object', { body: '{"value":{"a":1}}' });
    expect((await get(gateway, '/v1/values/object')).json()).toEqual({ key: 'object', value: '{"a":1}' });
  });

  it.each([
    ['', 'Invalid request body'],
    ['{', 'Invalid request body'],
    ['null', 'Invalid request body'],
    ['[]', 'Invalid request body'],
    ['"key"', 'Invalid request body'],
    ['{"key":1,"value":"v"}', 'Invalid request body'],
    ['{"key":null,"value":"v"}', 'Invalid request body'],
    ['{"key":"k","value":1}', 'Invalid request body'],
    ['{"key":"k","value":null}', 'Invalid request body'],
    ['{"key":"k","value":{}}', 'Invalid request body'],
    ['{"key":"k","key":"l"}', 'Invalid request body'],
    ['{"key":"k","value":"v"} x', 'Invalid request body'],
    ['{"key":"k","value":"\\ud800"}', 'Invalid request body'],
    ['{"key":"\\udc00","value":"v"}', 'Invalid request body'],
    ['{}', 'Key is required'],
    ['{"value":"v"}', 'Key is required'],
    ['{"key":"","value":"v"}', 'Key is required'],
    ['{"key":"a\\u0000b"}', 'the key holds a NUL character; a key is 1 to 1024 bytes of UTF-8, any character but NUL'],
  ])('refuses the body %s', async (body, error) => {
    const before = await keysInStore();
    expect(said(await put(gateway, body))).toEqual([400, JSON.stringify({ error })]);
    expect(await keysInStore()).toBe(before);
  });

  it('refuses bytes that are no UTF-8, deep nesting and long keys', async () => {
    const invalid = [400, '{"error":"Invalid request body"}'];
    expect(said(await put(gateway, Buffer.from('{"key":"k","value":"\xff"}', 'latin1')))).toEqual(invalid);
    expect(said(await put(gateway, `{"key":"k","x":${'['.repeat(100_000)}`))).toEqual(invalid);
    const { status, text } = await put(gateway, JSON.stringify({ key: 'k'.repeat(1025) }));
    expect([status, text]).toEqual([400, expect.stringContaining('the key has 1025 bytes')]);
  });

  it.each([
    ['GET', '/v1/values/', 400, 'Key is required'],
    ['DELETE', '/v1/values/', 400, 'Key is required'],
    ['GET', '/v1/values/%zz', 400, 'bad percent-encoding'],
    ['GET', '/v1/values/%ff', 400, 'not valid UTF-8'],
    ['GET', '/v1/values/%00', 400, 'NUL'],
    ['GET', '/v1/values/a/b', 404, 'written %2F'],
    ['GET', '/V1/values/a', 404, 'nothing at this path'],
    ['GET', '/nope', 404, 'nothing at this path'],
  ])('answers %s %s with %i', async (method, path, status, text) => {
    const answer = await gateway.http.send(method, path, { headers: WITH_KEY });
    expect(answer.status).toBe(status);
    expect(answer.json()).toEqual({ error: expect.stringContaining(text) });
  });

  it.each([
    ['POST', '/v1/values/a', 'GET, HEAD, DELETE'],
    ['GET', '/v1/values', 'PUT'],
    ['DELETE', '/v1/values', 'PUT'],
    ['PUT', '/health', 'GET, HEAD'],
  ])('answers %s %s with a 405', async (method, path, allow) => {
    const { status, headers, json } = await gateway.http.send(method, path, { headers: WITH_KEY });
    expect([status, headers.allow]).toEqual([405, allow]);
    expect(Object.keys(json() as object)).toEqual(['error']);
  });

  it('refuses bodies of another type, and those that are too large', async () => {
    const send = (headers: Env) =>
      gateway.http.send('PUT', '/v1/values', { body: '{"key":"k"}', headers: { ...WITH_KEY, ...headers } });
    for (const headers of [{}, { 'Content-Type': 'text/plain' }, { ...JSON_TYPE, 'Content-Encoding': 'gzip' }]) {
      const answer = await send(headers as Env);
      expect([answer.status, Object.keys(answer.json() as object)]).toEqual([415, ['error']]);
    }
    const fits = { key: 'large', value: 'x'.repeat(1_048_576 - '{"key":"large","value":""}'.length) };
    expect((await put(gateway, JSON.stringify(fits))).status).toBe(200);
    expect((await get(gateway, '/v1/values/large')).json()).toEqual(fits);
    const large = await put(gateway, JSON.stringify({ ...fits, value: `${fits.value}x` }));
    expect(said(large)).toEqual([413, '{"error":"the body is larger than 1048576 bytes"}']);
  });

  it('takes every key of API_KEY and API_KEYS', async () => {
    for (const key of [KEY, 'one', 'two']) {
      const answer = await gateway.http.send('GET', '/v1/values/nothing', { headers: { 'x-api-key': key } });
      expect(answer.status).toBe(404);
    }
  });

  it.each([
    ['without a key', {}],
    ['with all keys at once', { 'x-api-key': 'one, two' }],
    ['with a wrong key', { 'x-api-key': 'other' }],
    ['with the beginning of the key', { 'x-api-key': KEY.slice(0, -1) }],
    ['with a longer key', { 'x-api-key': `${KEY}x` }],
    ['with an empty key', { 'x-api-key': '' }],
  ])('does nothing %s', async (_name, headers) => {
    const before = await keysInStore();
    const requests = [
      ['GET', '/v1/values/hello'],
      ['DELETE', '/v1/values/hello'],
      ['GET', '/v1/values/%zz'],
      ['GET', '/nope'],
      ['POST', '/v1/values/hello'],
      ['PUT', '/health'],
      ['POST', '/docs-json'],
    ] as const;
    for (const [method, path] of requests) {
      const answer = await gateway.http.send(method, path, { headers });
      expect([answer.status, Object.keys(answer.json() as object)]).toEqual([401, ['error']]);
    }
    const body = '{"key":"refused","value":"v"}';
    const answer = await gateway.http.send('PUT', '/v1/values', { body, headers: { ...JSON_TYPE, ...headers } });
    expect(answer.status).toBe(401);
    expect(await keysInStore()).toBe(before);
  });

  it('refuses a request without a key before its body has come', async () => {
    const connection = await RawConnection.open(gateway.port);
    await connection.send(
      'PUT /v1/values HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
    );
    expect((await connection.next()).status).toBe(401);
    connection.destroy();
  });

  it('does nothing of a request that breaks off in its midst', async () => {
    const body = '{"key":"cut","value":"v"}';
    const connection = await RawConnection.open(gateway.port);
    const head = `Host: x\r\nx-api-key: ${KEY}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
    await connection.send(`PUT /v1/values HTTP/1.1\r\n${head}\r\n\r\n${body.slice(0, -1)}`);
    connection.destroy();
    await connection.closed;
    expect((await get(gateway, '/v1/values/cut')).status).toBe(404);
  });

  it.each(['/', '/health', '/health/ready', '/docs', '/docs-json', '/docs/swagger-ui-bundle.js'])(
    'opens %s to everybody',
    async (path) => {
      expect((await gateway.http.get(path)).status).toBe(200);
    },
  );

  it('tells its health, its readiness and where everything is', async () => {
    expect((await gateway.http.get('/health')).json()).toEqual({ status: 'healthy' });
    expect((await gateway.http.get('/health/ready')).json()).toEqual({ status: 'ready' });
    expect((await gateway.http.get('/')).json()).toMatchObject({ docs: '/docs', values: '/v1/values' });
  });

  it('stops with status 0', async () => {
    expect(await gateway.stop()).toMatchObject({ code: 0, stderr: '' });
  });
});
