import { afterAll, describe, expect, it } from '@jest/globals';
import { rawAnswer, useRawServers } from '@kvasir/test-harness';
import { KvClient } from './kv-client.js';

const listen = useRawServers();
const clients: KvClient[] = [];

afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
});

/** A client of a server that always gives this answer. */
async function clientOf(status: number, body: string, maxAnswerBytes = 1000) {
  const server = await listen((_request, socket) => socket.write(rawAnswer(status, body)));
  const client = new KvClient(server.url, { retries: 0, maxAnswerBytes });
  clients.push(client);
  return { client, requests: server.requests };
}

const NUMBERS = '{"big":12345678901234567890,"price":1.10}';
const APIS = ['kv', 'keys'] as const;

describe.each(APIS)('%s', (api) => {
  it('reads a value, and its text with every digit', async () => {
    const { client, requests } = await clientOf(200, `{"success": true, "key": "a", "value": ${NUMBERS}}`);
    expect(await client[api].get('a/b ü')).toEqual({ big: 12345678901234567000, price: 1.1 });
    expect(await client[api].getText('a')).toBe(NUMBERS);
    expect(requests[0]).toMatchObject({ method: 'GET', path: `/${api}/a%2Fb%20%C3%BC` });
  });

  it('reads null as a value', async () => {
    const { client } = await clientOf(200, '{"value":null}');
    expect(await client[api].get('a')).toBeNull();
  });

  it('tells a missing key from a path that is not there', async () => {
    const body =
      api === 'kv' ? '{"error":"key not found"}' : '{"detail":{"success":false,"error":"Key \'a\' not found"}}';
    const { client } = await clientOf(404, body);
    expect(await client[api].get('a')).toBeUndefined();
    expect(await client[api].delete('a')).toBe(false);
    for (const other of ['<h1>Not Found</h1>', '{"error":"there is nothing at this path"}', 'null']) {
      const { client: astray } = await clientOf(404, other);
      await expect(astray[api].get('a')).rejects.toMatchObject({ code: 'UNEXPECTED_STATUS' });
      await expect(astray[api].delete('a')).rejects.toThrow(`the service answered 404: ${other}`);
    }
  });

  it('deletes a key', async () => {
    const { client, requests } = await clientOf(200, '{"success":true}');
    expect(await client[api].delete('a')).toBe(true);
    expect(requests).toMatchObject([{ method: 'DELETE', path: `/${api}/a` }]);
  });

  it('throws the answer that is a refusal', async () => {
    const { client } = await clientOf(507, '{"error":"the store is full"}');
    await expect(client[api].put('a', 1)).rejects.toMatchObject({
      name: 'UnexpectedStatusError',
      message: 'the service answered 507: {"error":"the store is full"}',
      answer: { status: 507, text: '{"error":"the store is full"}' },
    });
  });

  it.each([
    ['<h1>hello</h1>', /not the expected JSON/],
    ['[]', /not the expected JSON \(Expected an object/],
    ['{}', /its body has no "value"/],
    ['', /an empty body/],
    ['{"value":"\xFF', /not the expected JSON/],
    [`{"value":"${'x'.repeat(1000)}"}`, /more than 1000 bytes/],
  ])('throws the answer that is no answer: %s', async (body, message) => {
    const { client } = await clientOf(200, body);
    await expect(client[api].get('a')).rejects.toMatchObject({
      code: 'MALFORMED_ANSWER',
      message: expect.stringMatching(message),
    });
  });

  it.each([
    ['', 'the key is empty'],
    ['a\0', 'NUL'],
    ['\uD800', 'lone surrogate'],
    ['x'.repeat(1025), '1025 bytes'],
    ['.', 'fold it away'],
    ['..', 'fold it away'],
  ])('refuses the key %j before it sends anything', async (key, message) => {
    const { client, requests } = await clientOf(200, '{}');
    for (const call of [client[api].get(key), client[api].put(key, 1), client[api].delete(key)]) {
      await expect(call).rejects.toMatchObject({ code: 'KEY_REFUSED', message: expect.stringContaining(message) });
    }
    expect(requests).toEqual([]);
  });

  it('sends keys that only look special', async () => {
    const { client, requests } = await clientOf(200, '{"value":1}');
    for (const key of ['...', '.a', '__proto__', '%2F', '+', '?#', '🦊']) await client[api].get(key);
    expect(requests.map(({ path }) => path.replace(`/${api}/`, ''))).toEqual([
      '...',
      '.a',
      '__proto__',
      '%252F',
      '%2B',
      '%3F%23',
      '%F0%9F%A6%8A',
    ]);
  });

  it.each([undefined, () => 1, Symbol('s'), 1n])('refuses a value that has no JSON text', async (value) => {
    const { client, requests } = await clientOf(200, '{}');
    await expect(client[api].put('a', value)).rejects.toMatchObject({ code: 'VALUE_REFUSED' });
    expect(requests).toEqual([]);
  });

  it.each(['', '{', '1 2', '1},"x":{"y":2', 'NaN'])('refuses %j as a JSON text', async (text) => {
    const { client, requests } = await clientOf(200, '{}');
    await expect(client[api].putText('a', text)).rejects.toMatchObject({ code: 'VALUE_REFUSED' });
    expect(requests).toEqual([]);
  });
});

describe('kv', () => {
  it('stores values, with and without a TTL', async () => {
    const { client, requests } = await clientOf(200, '{"success":true}');
    await client.kv.put('a', { x: null });
    await client.kv.put('a', 'text', { ttlSeconds: 0 });
    await client.kv.putText('a', NUMBERS, { ttlSeconds: 60 });
    expect(requests.map(({ method, path, body }) => [method, path, body])).toEqual([
      ['PUT', '/kv/a', '{"value":{"x":null}}'],
      ['PUT', '/kv/a', '{"value":"text","ttl":0}'],
      ['PUT', '/kv/a', `{"value":${NUMBERS},"ttl":60}`],
    ]);
  });

  it('lists keys by prefix', async () => {
    const { client, requests } = await clientOf(200, '{"keys":["a&b","ü"]}');
    expect(await client.kv.list()).toEqual(['a&b', 'ü']);
    await client.kv.list('a&b=ü');
    expect(requests.map(({ path }) => path)).toEqual(['/kv', '/kv?prefix=a%26b%3D%C3%BC']);
    await expect(client.kv.list('\uD800')).rejects.toMatchObject({ code: 'KEY_REFUSED' });
  });

  it('refuses a listing that is none', async () => {
    const { client } = await clientOf(200, '{"keys":[1]}');
    await expect(client.kv.list()).rejects.toMatchObject({ code: 'MALFORMED_ANSWER' });
  });

  it('runs a batch', async () => {
    const { client, requests } = await clientOf(
      200,
      '{"success":true,"results":[{"success":true},{"value":1.10},{"error":"key not found"},{"success":true}]}',
    );
    const results = await client.kv.batch([
      { op: 'set', key: '..', value: { a: 1 }, ttlSeconds: 5 },
      { op: 'get', key: 'a"b' },
      { op: 'delete', key: 'c' },
      { op: 'set', key: 'd', valueText: '1.10' },
    ]);
    expect(results).toEqual([
      { kind: 'done' },
      { kind: 'value', value: 1.1, valueText: '1.10' },
      { kind: 'failed', error: 'key not found' },
      { kind: 'done' },
    ]);
    expect(requests).toMatchObject([
      {
        method: 'POST',
        path: '/kv/batch',
        body:
          '{"operations":[{"op":"set","key":"..","value":{"a":1},"ttl":5},{"op":"get","key":"a\\"b"},' +
          '{"op":"delete","key":"c"},{"op":"set","key":"d","value":1.10}]}',
      },
    ]);
  });

  it('refuses the results of another batch', async () => {
    const { client } = await clientOf(200, '{"results":[]}');
    await expect(client.kv.batch([{ op: 'get', key: 'a' }])).rejects.toThrow('0 results for 1 operations');
  });

  it('reads the figures of the store', async () => {
    const { client } = await clientOf(200, '{"keys":2,"size_bytes":10,"revision":5}');
    expect(await client.kv.stats()).toEqual({ keys: 2, sizeBytes: 10 });
  });
});

describe('keys', () => {
  it('stores values with a POST and with a PUT', async () => {
    const { client: created, requests: posts } = await clientOf(201, '{"success":true}');
    await created.keys.post('a"b', 1);
    const { client: changed, requests: puts } = await clientOf(200, '{"success":true}');
    await changed.keys.put('a"b', null);
    await changed.keys.putText('c', NUMBERS);
    expect([...posts, ...puts].map(({ method, path, body }) => [method, path, body])).toEqual([
      ['POST', '/keys/a%22b', '{"key":"a\\"b","value":1}'],
      ['PUT', '/keys/a%22b', '{"key":"a\\"b","value":null}'],
      ['PUT', '/keys/c', `{"key":"c","value":${NUMBERS}}`],
    ]);
    await expect(changed.keys.post('a', 1)).rejects.toMatchObject({ code: 'UNEXPECTED_STATUS' });
  });
});
