import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { useTestServices, type HttpClient, type ServiceProcess } from '@kvasir/test-harness';
import { contentsOf, expectProblem, type Contents } from './testing/expectations.js';

const services = useTestServices();
let service: ServiceProcess;
let http: HttpClient;
let before: Contents;

beforeAll(async () => {
  service = await services.start();
  ({ http } = service);
  await http.put('/kv/a', { value: 'before' });
  before = await contentsOf(http);
});

/** What was refused has changed nothing, and the service goes on. */
async function expectUnchanged(): Promise<void> {
  expect(await contentsOf(http)).toEqual(before);
  expect((await http.get('/kv/a')).json()).toEqual({ value: 'before' });
  expect(service.troubles).toEqual([]);
}

describe('the content type of a body', () => {
  const put = (type: string | undefined) =>
    http.send('PUT', '/kv/b', {
      body: '{"value":1}',
      headers: type === undefined ? { 'Content-Length': '11' } : { 'Content-Type': type },
    });

  it.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON;charset="UTF-8"'])(
    'may be %s',
    async (type) => {
      expect((await put(type)).status).toBe(200);
      expect((await http.delete('/kv/b')).status).toBe(200);
    },
  );

  it.each([
    undefined,
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/json',
    'application/json5',
    'application/jsonx',
    'application/vnd.api+json',
    'application/json; charset=utf-16',
    'application/json; charset=latin1',
    '*/*',
    'json',
  ])('is a 415 when it is %s, and nothing changes', async (type) => {
    expectProblem(await put(type), 415, /application\/json|utf-8/);
    const batch = await http.send('POST', '/kv/batch', {
      body: '{"operations":[{"op":"delete","key":"a"}]}',
      headers: { 'Content-Type': type ?? '' },
    });
    expectProblem(batch, 415);
    await expectUnchanged();
  });

  it.each(['gzip', 'deflate', 'br'])('with the content coding %s is a 415', async (coding) => {
    const headers = { 'Content-Type': 'application/json', 'Content-Encoding': coding };
    expectProblem(await http.send('PUT', '/kv/b', { body: '{"value":1}', headers }), 415);
    await expectUnchanged();
  });
});

describe('member names given twice', () => {
  it.each([
    '{"value":1,"value":2}',
    '{"value":1,"value":1}',
    String.raw`{"value":1,"v\u0061lue":2}`,
    String.raw`{"\u0076\u0061\u006c\u0075\u0065":1,"value":2}`,
    '{"value":1,"ttl":1,"ttl":2}',
    '{"value":1,"ttl":null,"ttl":null}',
    '{"value":1,"other":1,"other":2}',
    String.raw`{"value":1,"\ud83d\ude00":1,"😀":2}`,
    '{"__proto__":1,"value":1,"__proto__":2}',
  ])("are a 400 in the request's own object: %s", async (body) => {
    expectProblem(await http.send('PUT', '/kv/a', { body }), 400, /twice/);
    await expectUnchanged();
  });

  it('are a 400 in a batch, and in an operation of one', async () => {
    const operation = '{"op":"delete","key":"a"}';
    for (const body of [
      `{"operations":[${operation}],"operations":[]}`,
      String.raw`{"operations":[],"operation\u0073":[${operation}]}`,
      `{"x":1,"operations":[${operation}],"x":1}`,
      `{"operations":[{"op":"get","op":"delete","key":"a"}]}`,
      String.raw`{"operations":[{"op":"delete","key":"b","\u006bey":"a"}]}`,
      `{"operations":[{"op":"delete","key":"a","x":1,"x":1}]}`,
    ]) {
      expectProblem(await http.send('POST', '/kv/batch', { body }), 400, /twice/);
    }
    await expectUnchanged();
  });

  it('are fine inside a value, and one each in two operations', async () => {
    const value = '{"value":{"value":1,"value":2},"x":{"value":3}}';
    expect((await http.send('PUT', '/kv/b', { body: value })).status).toBe(200);
    expect((await http.get('/kv/b')).text).toBe('{"value":{"value":1,"value":2}}');
    expect((await http.delete('/kv/b')).status).toBe(200);
  });
});

describe('a body that is not UTF-8', () => {
  it.each([
    ['a lone continuation byte', [0x80]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['an encoded surrogate', [0xed, 0xa0, 0x80]],
    ['a pair of encoded surrogates', [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]],
    ['past U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
    ['half a character', [0xc3]],
    ['the byte 0xFF', [0xff]],
  ])('is a 400: %s', async (_what, bytes) => {
    const around = (head: string, tail: string) =>
      Buffer.concat([Buffer.from(head), Buffer.from(bytes), Buffer.from(tail)]);
    for (const body of [
      around('{"value":"', '"}'),
      around('{"value":1,"x":"', '"}'),
      around('{"value":1,"', '":2}'),
      around('', '{"value":1}'),
    ]) {
      expectProblem(await http.send('PUT', '/kv/a', { body }), 400);
    }
    const body = around('{"operations":[{"op":"set","value":1,"key":"', '"}]}');
    expectProblem(await http.send('POST', '/kv/batch', { body }), 400);
    await expectUnchanged();
  });

  it('is a 400 in UTF-16', async () => {
    expectProblem(await http.send('PUT', '/kv/a', { body: Buffer.from('{"value":1}', 'utf16le') }), 400);
    await expectUnchanged();
  });
});

describe('a known path with another method', () => {
  it.each([
    ['POST', '/kv/a', 'GET, HEAD, PUT, DELETE'],
    ['PATCH', '/kv/a', 'GET, HEAD, PUT, DELETE'],
    ['OPTIONS', '/kv/a', 'GET, HEAD, PUT, DELETE'],
    ['TRACE', '/kv/a', 'GET, HEAD, PUT, DELETE'],
    ['PATCH', '/kv/batch', 'GET, HEAD, PUT, POST, DELETE'],
    ['POST', '/kv', 'GET, HEAD'],
    ['PATCH', '/kv', 'GET, HEAD'],
    ['POST', '/stats', 'GET, HEAD'],
    ['OPTIONS', '/stats', 'GET, HEAD'],
    ['POST', '/health', 'GET, HEAD'],
    ['POST', '/', 'GET, HEAD'],
    ['POST', '/docs-json', 'GET, HEAD'],
  ])('is a 405 with Allow: %s %s', async (method, path, allow) => {
    const answer = await http.send(method, path);
    expectProblem(answer, 405, method);
    expect(answer.headers.allow).toBe(allow);
    await expectUnchanged();
  });
});

describe('an unknown path', () => {
  it.each([
    '/KV/a',
    '/kV/a',
    '/stats/',
    '/health/',
    '/kv/a/',
    '/kv/a/b',
    '//kv/a',
    '/./kv/a',
    '/x/../kv/a',
    '/%6bv/a',
    '/nothing/here',
    '/nothing/here/at/all',
  ])('is a 404: %s', async (path) => {
    expect((await http.get(path)).status).toBe(404);
    expect((await http.send('PUT', path, { body: '{"value":1}' })).status).toBe(404);
    expect((await http.delete(path)).status).toBe(404);
    await expectUnchanged();
  });

  it('below /kv has errors of its form', async () => {
    for (const path of ['/kv/a/', '/kv/a/b', '/stats/a']) expectProblem(await http.get(path), 404);
  });

  // One segment at the root is a record's key: none is there.
  it.each(['/Kv', '/KV', '/STATS', '/kva', '/kv%2Fa', '/%6Bv'])(
    'is nothing that /kv or /stats answers: %s',
    async (path) => {
      const answer = await http.get(path);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.json()).not.toHaveProperty('keys');
      expect(answer.json()).not.toHaveProperty('value');
    },
  );

  it('is also the path of an empty key: /kv/ is no listing, and has no key', async () => {
    for (const [method, body] of [['GET'], ['DELETE'], ['PUT', '{"value":1}']] as const) {
      expectProblem(await http.send(method, '/kv/', { body }), 400, /key/);
    }
    await expectUnchanged();
  });
});

describe('HEAD', () => {
  beforeEach(async () => {
    await http.put('/kv/head', { value: 'é' });
  });

  it.each([
    ['/', 200],
    ['/health', 200],
    ['/stats', 200],
    ['/kv', 200],
    ['/kv?prefix=a', 200],
    ['/kv/head', 200],
    ['/kv/missing', 404],
    ['/kv/%00', 400],
    ['/kv/nothing/here', 404],
    ['/docs', 200],
    ['/docs-json', 200],
    ['/docs-yaml', 200],
    ['/docs/swagger-ui.css', 200],
  ])('answers like GET without the body: %s', async (path, status) => {
    const connection = await service.connect();
    // The answer to the second request would not parse if a body stood between them.
    await connection.send(`HEAD ${path} HTTP/1.1\r\nHost: x\r\n\r\nGET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    const head = await connection.next({ head: true });
    const get = await connection.next();
    connection.destroy();
    expect(head.status).toBe(status);
    expect(get.status).toBe(status);
    expect(get.body).not.toBe('');
    const withoutDate = (headers: readonly (readonly [string, string])[]) =>
      headers.filter(([name]) => name.toLowerCase() !== 'date');
    expect(withoutDate(head.headers)).toEqual(withoutDate(get.headers));
  });

  it('reads nothing away and writes nothing', async () => {
    expect((await http.send('HEAD', '/kv/head')).status).toBe(200);
    expect((await http.get('/kv/head')).json()).toEqual({ value: 'é' });
  });
});

describe('Cache-Control', () => {
  it('is no-store for listings and figures', async () => {
    for (const path of ['/kv', '/kv?prefix=a', '/stats']) {
      expect((await http.get(path)).headers['cache-control']).toBe('no-store');
    }
  });
});

describe('a connection', () => {
  const request = (line: string, headers = '', body = '') => `${line} HTTP/1.1\r\nHost: x\r\n${headers}\r\n${body}`;

  it('serves one request after the other, refusals and writes among them', async () => {
    const connection = await service.connect();
    const body = '{"value":"over one connection"}';
    const json = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
    await connection.send(
      request('PUT /kv/one', json, body) +
        request('GET /kv/one') +
        request('GET /kv/%00') +
        request('PUT /kv/one', 'Content-Type: text/plain\r\nContent-Length: 1\r\n', 'x') +
        request('DELETE /kv/one') +
        request('GET /kv/one'),
    );
    const answers = [];
    for (let i = 0; i < 6; i++) answers.push(await connection.next());
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 400, 415, 200, 404]);
    expect(answers[1]?.json()).toEqual({ value: 'over one connection' });
    connection.destroy();
  });

  it('that breaks off in the midst of a body has written nothing', async () => {
    const connection = await service.connect();
    const headers = 'Content-Type: application/json\r\nContent-Length: 100\r\n';
    await connection.send(request('PUT /kv/a', headers, '{"value":"half'));
    connection.destroy();
    await connection.closed;
    await expectUnchangedBut('head');
  });

  it.each([
    ['nothing that is HTTP', 'hello\r\n\r\n'],
    ['a header without a name', 'GET /kv/a HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n'],
    ['two lengths', request('PUT /kv/a', 'Content-Length: 1\r\nContent-Length: 2\r\n', '{}')],
    ['a length and chunks', request('PUT /kv/a', 'Content-Length: 1\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n')],
    ['a length that is no number', request('PUT /kv/a', 'Content-Length: ten\r\n', '{}')],
    ['a raw newline in the path', 'GET /kv/a\nb HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a raw NUL in the path', 'GET /kv/a\0b HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['no Host', 'GET /kv/a HTTP/1.1\r\n\r\n'],
  ])('that brings %s gets a 400', async (_what, bytes) => {
    const connection = await service.connect();
    await connection.send(bytes);
    const answer = await connection.next();
    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({ error: expect.any(String), status: 400 });
    connection.destroy();
    await expectUnchangedBut('head');
  });

  it('may ask with an absolute target, as through a proxy', async () => {
    const connection = await service.connect();
    await connection.send(request('GET http://elsewhere.example/kv/a'));
    expect((await connection.next()).json()).toEqual({ value: 'before' });
    connection.destroy();
  });
});

async function expectUnchangedBut(extra: string): Promise<void> {
  await http.delete(`/kv/${extra}`);
  await expectUnchanged();
}
