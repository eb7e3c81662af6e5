import { beforeAll, describe, expect, it } from '@jest/globals';
import { useTestServices, type HttpClient, type ServiceProcess } from '@kvasir/test-harness';
import { contentsOf, expectProblem } from './testing/expectations.js';

const services = useTestServices();
const MEBIBYTE = 1_048_576;

/** A PUT body of exactly so many bytes. */
function bodyOf(bytes: number): string {
  return `{"value":"${'x'.repeat(bytes - 12)}"}`;
}

function nested(levels: number, inside = ''): string {
  return `${'['.repeat(levels)}${inside}${']'.repeat(levels)}`;
}

function batchOf(operations: number): string {
  return JSON.stringify({
    operations: Array.from({ length: operations }, (_, i) => ({ op: 'set', key: `k${i}`, value: i })),
  });
}

describe('with the default limits', () => {
  let service: ServiceProcess;
  let http: HttpClient;

  beforeAll(async () => {
    service = await services.start();
    ({ http } = service);
  });

  it('a body of 1 MiB is taken, and one byte more is a 413 that changes nothing', async () => {
    expect((await http.send('PUT', '/kv/a', { body: bodyOf(MEBIBYTE) })).status).toBe(200);
    const before = await contentsOf(http);
    expect(before.figures.size_bytes).toBe(MEBIBYTE - 10);
    for (const [method, path] of [
      ['PUT', '/kv/a'],
      ['PUT', '/kv/b'],
      ['POST', '/kv/batch'],
    ] as const) {
      expectProblem(await http.send(method, path, { body: bodyOf(MEBIBYTE + 1) }), 413, /1048576 bytes/);
    }
    expect(await contentsOf(http)).toEqual(before);
  });

  it('a chunked body is cut off with a 413 as soon as it is too long, and the service goes on', async () => {
    const connection = await service.connect();
    await connection.send(
      'PUT /kv/b HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    const chunk = `10000\r\n${' '.repeat(0x10000)}\r\n`;
    for (let i = 0; i < 17; i++) await connection.send(chunk);
    expect(await connection.next()).toMatchObject({ status: 413 });
    connection.destroy();
    expectProblem(await http.get('/kv/b'), 404);
  });

  it('a batch of 1,000 operations is taken, and one of 1,001 is a 400 that changes nothing', async () => {
    const taken = await http.send('POST', '/kv/batch', { body: batchOf(1000) });
    expect((taken.json() as { results: unknown[] }).results).toEqual(
      Array.from({ length: 1000 }, () => ({ success: true })),
    );
    const before = await contentsOf(http);
    expect(before.keys).toHaveLength(1001);
    expectProblem(await http.send('POST', '/kv/batch', { body: batchOf(1001) }), 400, /1000 operations/);
    expect(await contentsOf(http)).toEqual(before);
  });

  it('64 levels inside a value are taken, in a PUT and in a batch, and 65 are a 400', async () => {
    const deep = [nested(64), nested(64, '1'), `${'{"a":'.repeat(64)}1${'}'.repeat(64)}`, nested(63, '{}')];
    for (const value of deep) {
      expect((await http.send('PUT', '/kv/deep', { body: `{"value":${value}}` })).status).toBe(200);
      const batch = `{"operations":[{"op":"set","key":"deep","value":${value}},{"op":"get","key":"deep"}]}`;
      expect((await http.send('POST', '/kv/batch', { body: batch })).text).toBe(
        `{"success":true,"results":[{"success":true},{"value":${value}}]}`,
      );
      expectProblem(await http.send('PUT', '/kv/deep', { body: `{"value":[${value}]}` }), 400, /64/);
      const tooDeep = `{"operations":[{"op":"set","key":"deep","value":[${value}]}]}`;
      expectProblem(await http.send('POST', '/kv/batch', { body: tooDeep }), 400, /\[0\].*64/);
    }
  });

  it.each([
    ['the value', `{"value":${nested(4000)}}`],
    ['a value of objects', `{"value":${'{"a":'.repeat(4000)}1${'}'.repeat(4000)}}`],
    ['a value that never closes', `{"value":${'['.repeat(500_000)}`],
    ['a member that nobody asked for', `{"value":1,"x":${nested(4000)}}`],
    ['the ttl', `{"value":1,"ttl":${nested(4000)}}`],
    ['the body itself', nested(4000)],
    ['the operations', `{"operations":${nested(4000)}}`],
  ])('thousands of levels are a 400: %s', async (_what, body) => {
    expectProblem(await http.send('PUT', '/kv/deep', { body }), 400);
    expectProblem(await http.send('POST', '/kv/batch', { body }), 400);
  });
});

it('each limit is what its environment variable says', async () => {
  const env = { MAX_BODY_BYTES: '100', MAX_BATCH_OPERATIONS: '2', MAX_JSON_DEPTH: '1', STORE: 'memory' };
  const { http } = await services.start({ env });
  expect((await http.send('PUT', '/kv/a', { body: bodyOf(100) })).status).toBe(200);
  expectProblem(await http.send('PUT', '/kv/a', { body: bodyOf(101) }), 413, /100 bytes/);
  expect((await http.send('POST', '/kv/batch', { body: batchOf(2) })).status).toBe(200);
  const gets = '{"operations":[{"op":"get","key":"a"},{"op":"get","key":"a"},{"op":"get","key":"a"}]}';
  expectProblem(await http.send('POST', '/kv/batch', { body: gets }), 400, /2 operations/);
  expect((await http.put('/kv/a', { value: [1] })).status).toBe(200);
  expectProblem(await http.put('/kv/a', { value: [[1]] }), 400, /\b1\b/);
});

describe('a full store', () => {
  // What an entry costs besides its value is the engine's to say: two of these fit whatever it is, and three cannot.
  const big = (kilobytes: number) => 'x'.repeat(kilobytes * 1000);
  const MAX_MEMORY_BYTES = '2990000';

  it('answers writes that would grow it with a 507, a batch as a whole, while reads, deletes and smaller overwrites go on', async () => {
    const service = await services.start({ env: { MAX_MEMORY_BYTES } });
    const { http } = service;
    expect((await http.put('/kv/a', { value: big(1000) })).status).toBe(200);
    expect((await http.put('/kv/b', { value: big(1000) })).status).toBe(200);
    const before = await contentsOf(http);

    expectProblem(await http.put('/kv/c', { value: big(1000) }), 507, /full.*2990000/);
    const tooBig = [
      { op: 'set', key: 'small', value: 1 },
      { op: 'get', key: 'small' },
      { op: 'delete', key: 'missing' },
      { op: 'set', key: 'c', value: big(1000) },
      { op: 'set', key: 'after', value: 1 },
    ];
    expectProblem(await http.post('/kv/batch', { operations: tooBig }), 507);
    expect(await contentsOf(http)).toEqual(before);
    expect((await http.get('/kv/b')).json()).toEqual({ value: big(1000) });

    expect((await http.put('/kv/a', { value: big(999) })).status).toBe(200);
    expect((await http.put('/kv/a', { value: 'small' })).status).toBe(200);
    expect((await http.delete('/kv/b')).json()).toEqual({ success: true });
    expect((await http.put('/kv/c', { value: big(1000) })).status).toBe(200);
    await service.kill();
    const again = await services.start({ directory: service.directory });
    expect((await contentsOf(again.http)).keys).toEqual(['a', 'c']);
  });
});
