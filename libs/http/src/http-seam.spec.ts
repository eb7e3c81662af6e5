import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { RawConnection, type RawResponse } from '@kvasir/test-harness';
import { startToyApp, type ToyApp } from './testing/toy-app.js';

const HOST = 'Host: localhost\r\n';
const JSON_TYPE = 'Content-Type: application/json\r\n';

describe.each([
  ['in front of Express', true],
  ['through Express and Nest', false],
])('wire routes %s', (_name, fast) => {
  let toy: ToyApp;
  let connections: RawConnection[] = [];

  beforeEach(async () => {
    toy = await startToyApp({ fast, timeouts: { lingerMs: 300 } });
  });

  afterEach(async () => {
    for (const connection of connections) connection.destroy();
    connections = [];
    await toy.app.close();
  });

  async function open(): Promise<RawConnection> {
    const connection = await RawConnection.open(toy.port);
    connections.push(connection);
    return connection;
  }

  /** Sends a request line and headers on a connection of its own. */
  async function request(line: string, headers = '', body = ''): Promise<RawResponse> {
    const connection = await open();
    await connection.send(`${line} HTTP/1.1\r\n${HOST}${headers}\r\n${body}`);
    return connection.next({ head: line.startsWith('HEAD ') });
  }

  function put(path: string, body: string, headers = JSON_TYPE): Promise<RawResponse> {
    return request(`PUT ${path}`, `${headers}Content-Length: ${Buffer.byteLength(body)}\r\n`, body);
  }

  describe('routing', () => {
    test.each([
      // [request line, status, a part of the body]
      ['GET /', 200, '"links"'],
      ['GET /?x=1', 200, '"links"'],
      ['GET /kv', 200, '"prefix":null'],
      ['GET /kv?prefix=a+b%2Bc', 200, '"prefix":"a b+c"'],
      ['GET /kv?prefix=%F0%9F%98%80', 200, '"prefix":"😀"'],
      ['GET /kv?prefix=\xc3\xa9', 200, '"prefix":"é"'],
      ['GET /kv?prefix', 200, '"prefix":""'],
      ['GET /kv?&&prefix=a=b&', 200, '"prefix":"a=b"'],
      ['GET /kv?prefix=a?b', 200, '"prefix":"a?b"'],
      ['GET /kv?__proto__=1', 200, '"names":["__proto__"]'],
      ['GET /kv?prefix=a&prefix=b', 400, "'prefix' is given 2 times"],
      ['GET /kv?prefix=%zz', 400, 'the query has bad percent-encoding'],
      ['GET /kv?prefix=%ff', 400, 'the query is not valid UTF-8'],
      ['GET /kv/x?%', 400, 'the query has bad percent-encoding'],
      ['GET /kv/', 400, 'the key is empty'],
      ['GET /kv//', 404, 'written %2F'],
      ['GET /kv/a/b', 404, 'a slash inside a key is written %2F'],
      ['GET /kv/a/', 404, 'written %2F'],
      ['GET //kv/x', 404, '{"status":"Error"'],
      ['GET /KV/x', 404, '{"status":"Error"'],
      ['GET /bulk/', 404, '{"status":"Error"'],
      ['GET /KV', 200, '"record":"KV"'],
      ['GET /kv%2Fx', 200, '"record":"kv/x"'],
      ['GET /%6bv', 200, '"record":"kv"'],
      ['GET /keys/a/b', 404, '{"detail":{"success":false'],
      ['GET /keys', 200, '"record":"keys"'],
      ['GET /api/v1/store', 404, '{"detail":{"success":false'],
      ['GET /keys/', 400, '{"detail":{"success":false,"error":"the key is empty'],
      ['GET /api/v1/store/k/exists', 200, '"exists":"k"'],
      ['GET /api/v1/store//exists', 400, '{"detail":{"success":false,"error":"the key is empty'],
      ['GET /api/v1/store/k/nothing', 404, '{"detail"'],
      ['GET /api/v1', 404, '"error":"there is nothing at this path'],
      ['GET /a/b/c', 404, '{"status":"Error"'],
      ['GET /api/v2/store', 404, '"type":"about:blank","title":"Not Found","status":404,"detail":'],
      ['POST /taken', 400, '{"status":"Error","message":"\'taken\' is taken"}'],
      ['PATCH /bulk', 405, '{"status":"Error"'],
      ['PUT /bulk', 200, '"bulk":true'],
      ['GET /bulk', 200, '"record":"bulk"'],
      ['PUT /.env', 200, '"raw":".env"'],
      ['PUT /%2eenv', 200, '"raw":"%2eenv"'],
      ['PUT /stats', 200, '"record":"stats"'],
      ['PUT /docs', 200, '"record":"docs"'],
      ['POST /kv/batch', 200, '"batch":0'],
      ['GET /kv/batch', 404, 'key not found'],
      ['PUT /kv/batch', 200, '"success":true'],
      ['DELETE /kv/batch', 200, '"success":true'],
      ['GET http://example.org/kv?prefix=q', 200, '"prefix":"q"'],
      ['GET HTTPS://example.org:8000', 200, '"links"'],
      ['GET http://example.org?x', 200, '"links"'],
      ['GET ftp://example.org/kv', 400, 'the request target is not a path'],
      ['OPTIONS *', 405, 'OPTIONS is not allowed'],
    ])('%s is a %i', async (line, status, part) => {
      const response = await request(line);
      expect([response.status, response.body]).toEqual([status, expect.stringContaining(part)]);
      expect(response.header('Content-Type')).toBe('application/json; charset=utf-8');
      expect(response.header('Content-Length')).toBe(String(Buffer.byteLength(response.body)));
      expect(response.header('X-Powered-By')).toBeUndefined();
      expect(response.header('ETag')).toBeUndefined();
    });

    test.each([
      ['POST /kv/x', 'GET, HEAD, PUT, DELETE', '"error"'],
      ['OPTIONS /kv/x', 'GET, HEAD, PUT, DELETE', '"error"'],
      ['TRACE /kv/x', 'GET, HEAD, PUT, DELETE', '"error"'],
      ['PATCH /kv/batch', 'GET, HEAD, PUT, POST, DELETE', '"error"'],
      ['DELETE /kv', 'GET, HEAD', '"error"'],
      ['PUT /keys/x', 'GET, HEAD, POST', '{"detail"'],
      ['DELETE /x', 'GET, HEAD, PUT', '{"status":"Error"'],
      ['DELETE /docs', 'GET, HEAD', '"error"'],
      ['PUT /docs/x', 'GET, HEAD', '"error"'],
      ['OPTIONS *', 'GET, HEAD, PUT, POST, DELETE', '"error"'],
    ])('%s is a 405 with Allow: %s', async (line, allow, part) => {
      const response = await request(line);
      expect([response.status, response.header('Allow')]).toEqual([405, allow]);
      expect(response.body).toContain(part);
    });

    test.each([
      ['plain', 'plain'],
      ['a%2Fb', 'a/b'],
      ['a+b', 'a+b'],
      ['%2b', '+'],
      ['%25', '%'],
      ['..', '..'],
      ['%2e%2E', '..'],
      ['.', '.'],
      ['\xc3\xa9', 'é'],
      ['\xc3%A9', 'é'],
      ['%EF%BB%BFx', '\ufeffx'],
      ['%F0%9F%98%80', '😀'],
      ['__proto__', '__proto__'],
      ['a;b=c&d', 'a;b=c&d'],
      ['a:b@c,d', 'a:b@c,d'],
      ['%0d%0a', '\r\n'],
      ['x'.repeat(1024), 'x'.repeat(1024)],
      ['%C3%A9'.repeat(512), 'é'.repeat(512)],
    ])('the path segment %j is the key %j', async (segment, key) => {
      expect((await put(`/kv/${segment}`, '1')).status).toBe(200);
      expect(toy.state.calls).toEqual([`PUT ${key}`]);
      expect((await request(`GET /kv/${segment}`)).json()).toEqual({ key, value: '1' });
    });

    test.each([
      ['%', "'%' is not % and two hexadecimal digits"],
      ['%4', "'%4' is not"],
      ['%zz', "'%zz' is not"],
      ['a%4gb', "'%4g' is not"],
      ['%%41', "'%%4' is not"],
      ['%ff', 'not valid UTF-8'],
      ['\xff', 'not valid UTF-8'],
      ['%C0%AF', 'not valid UTF-8'],
      ['%ED%A0%80', 'not valid UTF-8'],
      ['%C3', 'not valid UTF-8'],
      ['%00', 'NUL'],
      ['a%00b', 'NUL'],
      ['x'.repeat(1025), '1025 bytes'],
      ['%C3%A9'.repeat(513), '1026 bytes'],
    ])('the path segment %j is a bad key', async (segment, part) => {
      const response = await put(`/kv/${segment}`, '1');
      expect([response.status, response.body]).toEqual([400, expect.stringContaining(part)]);
      expect((await put(`/keys/${segment}`, '1')).status).toBe(405);
      const other = await request(`GET /keys/${segment}`);
      expect([other.status, other.json()]).toEqual([
        400,
        { detail: { success: false, error: expect.stringContaining(part) } },
      ]);
      expect(toy.state.calls).toEqual([]);
    });

    test('a query never gets into a key, and a long one does not change it', async () => {
      expect((await put(`/kv/a-key-of-twenty-units?${'q'.repeat(5000)}`, '1')).status).toBe(200);
      expect([...toy.state.values.keys()]).toEqual(['a-key-of-twenty-units']);
    });
  });

  describe('answers', () => {
    test('HEAD has the headers of GET and no body', async () => {
      await put('/kv/x', '"e"');
      for (const path of ['/kv/x', '/kv/missing', '/kv', '/stream/short', '/docs-json', '/a/b/c', '/kv/%zz']) {
        const get = await request(`GET ${path}`);
        const connection = await open();
        await connection.send(`HEAD ${path} HTTP/1.1\r\n${HOST}\r\nGET / HTTP/1.1\r\n${HOST}\r\n`);
        const head = await connection.next({ head: true });
        expect(head.status).toBe(get.status);
        const withoutDate = (response: RawResponse): unknown => response.headers.filter(([name]) => name !== 'Date');
        expect(withoutDate(head)).toEqual(withoutDate(get));
        // What follows is the next answer, not a body.
        expect((await connection.next()).body).toContain('links');
      }
    });

    test('the exact header lines of an answer', async () => {
      const response = await request('GET /kv?prefix=x');
      expect(response.headers.filter(([name]) => name !== 'Date')).toEqual([
        ['Content-Type', 'application/json; charset=utf-8'],
        ['X-Content-Type-Options', 'nosniff'],
        ['Cache-Control', 'no-store'],
        ['Content-Length', String(response.body.length)],
        ['Connection', 'keep-alive'],
        ['Keep-Alive', 'timeout=65'],
      ]);
    });

    test('a handler sees headers in any case', async () => {
      expect((await request('GET /keys/k', 'x-aGent: me\r\n')).json()).toEqual({ key: 'k', agent: 'me' });
    });

    test('an error that the API knows is answered in its form and not logged', async () => {
      const response = await request('GET /keys/known');
      expect([response.status, response.json()]).toEqual([422, { detail: { success: false, error: 'known' } }]);
      expect(toy.errors).toEqual([]);
    });

    test.each([
      ['GET /keys/boom', '{"detail":{"success":false,"error":"internal error"}}'],
      ['POST /keys/boom', '{"detail":{"success":false,"error":"internal error"}}'],
      ['GET /stream/fails-at-once', 'internal error'],
      ['GET /keys/bad-header', 'internal error'],
    ])('an unexpected error behind %s is a 500 that tells nothing, and is logged', async (line, body) => {
      const response = await request(line);
      expect([response.status, response.body]).toEqual([500, expect.stringContaining(body)]);
      expect(response.body).not.toContain('secret');
      expect(toy.errors).toEqual([
        { fields: expect.objectContaining({ err: expect.anything() }), message: 'a request failed unexpectedly' },
      ]);
    });

    test('each request is logged at debug with its time', async () => {
      const connection = await open();
      await connection.send(`GET /kv/x HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`);
      await connection.closed;
      expect(toy.debugs).toEqual([
        {
          fields: {
            id: expect.any(String),
            api: expect.any(String),
            method: 'GET',
            route: '/kv/:key',
            key: 'x',
            status: 404,
            sent: true,
            ms: expect.any(Number),
          },
          message: 'request',
        },
      ]);
    });

    test('Swagger UI and its document come from Express', async () => {
      expect((await request('GET /docs')).body).toContain('swagger-ui');
      expect((await request('GET /docs/swagger-ui.css')).status).toBe(200);
      const document = (await request('GET /docs-json')).json() as {
        paths: Record<string, Record<string, { parameters: unknown[]; requestBody?: unknown }>>;
      };
      expect(Object.keys(document.paths['/kv/{key}'] ?? {})).toEqual(['get', 'put', 'delete']);
      expect(document.paths['/kv/{key}']?.['put']?.requestBody).toBeUndefined();
      expect(document.paths['/kv/{key}']?.['put']?.parameters).toEqual([]);
    });

    test('what Express does not find is answered in the default form', async () => {
      const response = await request('GET /docs/nothing-here');
      expect([response.status, response.json()]).toEqual([
        404,
        expect.objectContaining({ error: 'Cannot GET /docs/nothing-here', status: 404 }),
      ]);
    });
  });

  describe('bodies', () => {
    test.each([
      ['application/json; charset=utf-8'],
      ['application/json;charset="UTF-8"'],
      ['Application/JSON'],
      ['application/json ; x=y'],
    ])('the Content-Type %s is taken', async (type) => {
      expect((await put('/kv/x', '{}', `Content-Type: ${type}\r\n`)).status).toBe(200);
    });

    test.each([
      ['', 'has no Content-Type; it must be application/json'],
      ['Content-Type: text/plain\r\n', "'text/plain' is not taken; it must be application/json"],
      ['Content-Type: application/jsonp\r\n', 'application/json'],
      [`${JSON_TYPE}content-type: text/plain\r\n`, 'is given 2 times'],
      ['Content-Type: application/x-www-form-urlencoded\r\n', 'application/json'],
      ['Content-Type: application/json; charset=latin1\r\n', 'the charset latin1 is not taken'],
      [`${JSON_TYPE}Content-Encoding: gzip\r\n`, "'gzip' is not taken; send the body as it is (identity)"],
    ])('headers %j are a 415', async (headers, part) => {
      const connection = await open();
      await connection.send(
        `PUT /kv/x HTTP/1.1\r\n${HOST}${headers}Content-Length: 2\r\n\r\n{}GET /kv HTTP/1.1\r\n${HOST}\r\n`,
      );
      const response = await connection.next();
      expect([response.status, response.body]).toEqual([415, expect.stringContaining(part)]);
      if (headers.includes('gzip')) expect(response.header('Accept-Encoding')).toBe('identity');
      // A small body is read past, and the connection goes on.
      expect((await connection.next()).status).toBe(200);
      expect(toy.state.calls).toEqual([]);
    });

    test('a refusal of a body comes in the form of its API', async () => {
      const response = await request('POST /keys/x', 'Content-Length: 2\r\n', '{}');
      expect([response.status, response.json()]).toEqual([
        415,
        { detail: { success: false, error: expect.any(String) } },
      ]);
    });

    test.each([
      ['', ''],
      ['Content-Length: 0\r\n', ''],
    ])('a request without a body (%j) needs no Content-Type', async (headers, body) => {
      expect((await request('PUT /kv/x', headers, body)).json()).toEqual({ success: true, bytes: 0 });
    });

    test('a body may come byte by byte, in chunks', async () => {
      const connection = await open();
      const text = `PUT /kv/x HTTP/1.1\r\n${HOST}${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\n3\r\n{"a\r\n4;ext=1\r\n":1}\r\n0\r\nTrailer: t\r\n\r\n`;
      for (const byte of text) await connection.send(byte);
      expect((await connection.next()).json()).toEqual({ success: true, bytes: 7 });
      expect(toy.state.values.get('x')).toBe('{"a":1}');
    });

    test('a body of exactly the limit is taken, one byte more is a 413', async () => {
      expect((await put('/kv/x', 'a'.repeat(1000))).status).toBe(200);
      const response = await put('/kv/x', 'a'.repeat(1001));
      expect([response.status, response.body]).toEqual([413, expect.stringContaining('larger than 1000 bytes')]);
    });

    test('a chunked body over the limit is a 413 that the client can read while it sends on', async () => {
      const connection = await open();
      await connection.send(`PUT /kv/x HTTP/1.1\r\n${HOST}${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\n`);
      for (let i = 0; i < 100; i++) await connection.send(`2800\r\n${'x'.repeat(0x2800)}\r\n`);
      await connection.send('0\r\n\r\n');
      const response = await connection.next();
      expect([response.status, response.header('Connection')]).toEqual([413, 'close']);
      await connection.closed;
      expect(connection.error).toBeUndefined();
      expect(toy.state.calls).toEqual([]);
    });

    test('a client that announces too much reads its 413 although it sends all of it first', async () => {
      const connection = await open();
      const size = 8 * 1024 * 1024;
      await connection.send(`PUT /kv/x HTTP/1.1\r\n${HOST}${JSON_TYPE}Content-Length: ${size}\r\n\r\n`);
      await connection.send(Buffer.alloc(size, 'x'));
      const response = await connection.next();
      expect([response.status, response.header('Connection')]).toEqual([413, 'close']);
      await connection.closed;
      expect(connection.error).toBeUndefined();
    });

    test('an endless sender is cut off when the time to linger is over', async () => {
      const connection = await open();
      await connection.send(`PUT /kv/x HTTP/1.1\r\n${HOST}${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\n`);
      let sent = 0;
      while (!connection.socket.destroyed) {
        await Promise.race([connection.send(`2800\r\n${'x'.repeat(0x2800)}\r\n`), connection.closed]);
        // Now and then the answer, and the end, have to get their turn.
        if (++sent % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      expect(connection.rest).toMatch(/^HTTP\/1\.1 413 /);
    });

    test('other refusals with a large body unread close the connection after the answer', async () => {
      for (const line of ['PUT /kv/%zz', 'PUT /a/b/c', 'PATCH /kv/x', 'PUT /keys/x', 'GET /kv']) {
        const connection = await open();
        await connection.send(`${line} HTTP/1.1\r\n${HOST}${JSON_TYPE}Content-Length: 200000\r\n\r\n`);
        const response = await connection.next();
        expect([line, response.header('Connection')]).toEqual([line, 'close']);
        await connection.send('x'.repeat(200_000));
        await connection.closed;
        expect(connection.error).toBeUndefined();
      }
    });

    test('Expect: 100-continue asks for a body that is wanted', async () => {
      const connection = await open();
      await connection.send(
        `PUT /kv/x HTTP/1.1\r\n${HOST}${JSON_TYPE}Content-Length: 2\r\nExpect: 100-continue\r\n\r\n`,
      );
      expect((await connection.next()).status).toBe(100);
      await connection.send(`{}GET /kv HTTP/1.1\r\n${HOST}\r\n`);
      expect((await connection.next()).json()).toEqual({ success: true, bytes: 2 });
      expect((await connection.next()).status).toBe(200);
    });

    test.each([
      [`PUT /kv/x HTTP/1.1\r\n${HOST}${JSON_TYPE}Content-Length: 1001`, 413],
      [`PUT /kv/x HTTP/1.1\r\n${HOST}Content-Type: text/plain\r\nContent-Length: 2`, 415],
      [`PUT /kv/%zz HTTP/1.1\r\n${HOST}${JSON_TYPE}Content-Length: 2`, 400],
      [`POST /kv/x HTTP/1.1\r\n${HOST}${JSON_TYPE}Content-Length: 2`, 405],
      [`GET /kv HTTP/1.1\r\n${HOST}Content-Length: 2`, 200],
    ])('Expect: 100-continue of %j is answered at once with %i', async (head, status) => {
      const connection = await open();
      await connection.send(`${head}\r\nExpect: 100-continue\r\n\r\n`);
      const response = await connection.next();
      expect([response.status, response.header('Connection')]).toEqual([status, 'close']);
      await connection.closed;
    });

    test('another expectation is a 417 in the form of the API', async () => {
      const response = await request('GET /keys/x', 'Expect: wonders\r\n');
      expect([response.status, response.json()]).toEqual([
        417,
        { detail: { success: false, error: expect.stringContaining('wonders') } },
      ]);
    });

    test.each(['destroy', 'end'] as const)(
      'a client that goes away (%s) in the midst of its body leaves nothing behind',
      async (way) => {
        const connection = await open();
        await connection.send(`PUT /kv/x HTTP/1.1\r\n${HOST}${JSON_TYPE}Content-Length: 100\r\n\r\n{"value":`);
        const gone = new Promise<void>((resolve) => toy.app.getHttpServer().once('connection', () => resolve()));
        if (way === 'end') connection.socket.end();
        else connection.destroy();
        await connection.closed;
        expect((await request('GET /kv/x')).status).toBe(404);
        await gone;
        expect([toy.state.calls, toy.errors]).toEqual([['GET x'], []]);
      },
    );

    test('a transfer coding besides chunked is refused', async () => {
      const response = await request('PUT /kv/x', `${JSON_TYPE}Transfer-Encoding: gzip, chunked\r\n`, '0\r\n\r\n');
      expect([response.status, response.header('Connection')]).toEqual([501, 'close']);
    });
  });

  describe('connections', () => {
    test('pipelined requests are served one after the other', async () => {
      const connection = await open();
      let text = '';
      for (let i = 0; i < 300; i++) {
        text += `PUT /kv/x HTTP/1.1\r\n${HOST}${JSON_TYPE}Content-Length: ${String(i).length}\r\n\r\n${i}GET /kv/x HTTP/1.1\r\n${HOST}\r\n`;
      }
      const sent = connection.send(text);
      for (let i = 0; i < 300; i++) {
        expect((await connection.next()).status).toBe(200);
        expect((await connection.next()).json()).toEqual({ key: 'x', value: String(i) });
      }
      await sent;
    });

    test('a keep-alive connection goes on after errors', async () => {
      const connection = await open();
      for (const [line, status] of [
        ['GET /kv/%zz', 400],
        ['GET /nothing/at/all', 404],
        ['POST /kv/x', 405],
        ['GET /keys/boom', 500],
        ['GET /kv', 200],
      ] as const) {
        await connection.send(`${line} HTTP/1.1\r\n${HOST}\r\n`);
        expect((await connection.next()).status).toBe(status);
      }
    });

    test.each([
      ['garbage\r\n\r\n', 400],
      [`GET /kv/a b HTTP/1.1\r\n${HOST}\r\n`, 400],
      [`GET /kv HTTP/1.1\r\n${HOST}Bad Header: 1\r\n\r\n`, 400],
      [
        `PUT /kv/x HTTP/1.1\r\n${HOST}${JSON_TYPE}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
        400,
      ],
      [`PUT /kv/x HTTP/1.1\r\n${HOST}${JSON_TYPE}Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc`, 400],
      [`PUT /kv/x HTTP/1.1\r\n${HOST}${JSON_TYPE}Content-Length: x\r\n\r\n`, 400],
      [`PUT /kv/x HTTP/1.1\r\n${HOST}${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, 400],
      [`GET /kv HTTP/1.1\r\n${HOST}X: ${'x'.repeat(17_000)}\r\n\r\n`, 431],
      [`GET /kv HTTP/1.1\r\n\r\n`, 400],
      [`CONNECT example.org:443 HTTP/1.1\r\n${HOST}\r\n`, 501],
    ])('%j is refused in the default form and ends the connection', async (text, status) => {
      const connection = await open();
      await connection.send(text);
      const response = await connection.next();
      expect([response.status, response.json()]).toEqual([
        status,
        expect.objectContaining({ error: expect.any(String), status }),
      ]);
      expect(response.header('Content-Type')).toBe('application/json; charset=utf-8');
      if (response.header('Connection') === 'close') await connection.closed;
      else expect(text).not.toContain('Host');
      expect(toy.state.calls).toEqual([]);
    });

    test('bytes that are no request do not overtake the answers before them', async () => {
      const connection = await open();
      await connection.send(`GET /slow/x HTTP/1.1\r\n${HOST}\r\nPUT /kv/x HTTP/1.1\r\n${HOST}\r\ngarbage\r\n\r\n`);
      await toy.state.entered.opened;
      toy.state.gate.open();
      expect((await connection.next()).json()).toEqual({ slow: 'x' });
      expect((await connection.next()).json()).toEqual({ success: true, bytes: 0 });
      expect((await connection.next()).status).toBe(400);
      await connection.closed;
    });

    test.each([
      ['half', `Content-Length: 9\r\n\r\n{"a"`, ':"b"}GET /kv/x HTTP/1.1\r\n' + HOST + '\r\n'],
      ['whole', `Content-Length: 9\r\n\r\n{"a":"b"}`, `GET /kv/x HTTP/1.1\r\n${HOST}\r\n`],
      [
        'half of a chunked one',
        `Transfer-Encoding: chunked\r\n\r\n4\r\n{"a"\r\n4\r`,
        `\n:"b"\r\n1\r\n}\r\n0\r\n\r\nGET /kv/x HTTP/1.1\r\n${HOST}\r\n`,
      ],
    ])('a body that is there (%s) before its request has its turn is read', async (_which, before, after) => {
      const connection = await open();
      await connection.send(`GET /slow/x HTTP/1.1\r\n${HOST}\r\nPUT /kv/x HTTP/1.1\r\n${HOST}${JSON_TYPE}${before}`);
      await toy.state.entered.opened;
      toy.state.gate.open();
      expect((await connection.next()).json()).toEqual({ slow: 'x' });
      await connection.send(after);
      expect((await connection.next()).status).toBe(200);
      expect((await connection.next()).json()).toEqual({ key: 'x', value: '{"a":"b"}' });
    });

    test('a body over the limit that is there before its request has its turn is a 413', async () => {
      const connection = await open();
      await connection.send(
        `GET /slow/x HTTP/1.1\r\n${HOST}\r\nPUT /kv/x HTTP/1.1\r\n${HOST}${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\n400\r\n${'x'.repeat(1024)}\r\n`,
      );
      await toy.state.entered.opened;
      toy.state.gate.open();
      expect((await connection.next()).json()).toEqual({ slow: 'x' });
      expect((await connection.next()).status).toBe(413);
      await connection.send('0\r\n\r\n');
      await connection.closed;
      expect(toy.state.calls).toEqual([]);
    });

    test('a broken body behind a request in progress is refused in its turn', async () => {
      const connection = await open();
      await connection.send(
        `GET /slow/x HTTP/1.1\r\n${HOST}\r\nPUT /kv/x HTTP/1.1\r\n${HOST}${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
      );
      await toy.state.entered.opened;
      toy.state.gate.open();
      expect((await connection.next()).json()).toEqual({ slow: 'x' });
      expect((await connection.next()).status).toBe(400);
      await connection.closed;
      expect(toy.state.calls).toEqual([]);
    });

    test('a target with bytes above 127 is served behind earlier requests, with a body that comes later, and ends the connection', async () => {
      const connection = await open();
      await connection.send(
        `GET /slow/x HTTP/1.1\r\n${HOST}\r\nPUT /kv/\xc3\xa9?\xc3\xa9=1 HTTP/1.1\r\n${HOST}${JSON_TYPE}Content-Length: 4\r\n\r\n"`,
      );
      await toy.state.entered.opened;
      toy.state.gate.open();
      expect((await connection.next()).json()).toEqual({ slow: 'x' });
      await connection.send('\xc3\xa9"');
      const response = await connection.next();
      expect([response.json(), response.header('Connection')]).toEqual([{ success: true, bytes: 4 }, 'close']);
      await connection.closed;
      expect([...toy.state.values]).toEqual([['é', '"é"']]);
    });

    test('a client that sends its request and the end in one go reads its answer', async () => {
      const connection = await open();
      connection.socket.end(`GET /kv/x HTTP/1.1\r\n${HOST}\r\n`);
      expect((await connection.next()).status).toBe(404);
      await connection.closed;
    });

    test('a refusal that is ready comes before the end that broken bytes behind it make', async () => {
      const connection = await open();
      await connection.send(
        `PUT /kv/x HTTP/1.1\r\n${HOST}Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
      );
      expect((await connection.next()).status).toBe(415);
      await connection.closed;
      expect(connection.rest).toBe('');
    });

    test('bytes below 32 in a target are refused', async () => {
      for (const target of ['/kv/\x01', '/kv/\x7f', '/kv/\xc3\xa9\x01', '/kv/a\tb']) {
        const connection = await open();
        await connection.send(`GET ${target} HTTP/1.1\r\n${HOST}\r\n`);
        expect((await connection.next()).status).toBe(400);
        await connection.closed;
      }
      expect(toy.state.calls).toEqual([]);
    });

    test('an upgrade that nobody offers is served as a plain request', async () => {
      const response = await request('GET /kv', 'Connection: Upgrade\r\nUpgrade: websocket\r\n');
      expect(response.status).toBe(200);
    });

    test('HTTP/1.0 gets its answer and the end', async () => {
      for (const [path, body] of [
        ['/kv', '"prefix"'],
        ['/stream/short', '0é,1é,2é,'],
      ] as const) {
        const connection = await open();
        await connection.send(`GET ${path} HTTP/1.0\r\n\r\n`);
        expect((await connection.next()).body).toContain(body);
        await connection.closed;
      }
    });
  });

  describe('streamed answers', () => {
    test('come in chunks, from generators and from arrays', async () => {
      const response = await request('GET /stream/short');
      expect([response.status, response.header('Transfer-Encoding'), response.body]).toEqual([
        200,
        'chunked',
        '0é,1é,2é,',
      ]);
      const array = await request('PUT /stream/x');
      expect([array.body, array.header('X-Extra')]).toEqual(['[1]', 'yes']);
    });

    test('HEAD makes no piece', async () => {
      expect((await request('HEAD /stream/endless')).status).toBe(200);
      expect(toy.state.pieces).toBe(0);
    });

    test('a reader that does not read gets no further pieces made, and one that goes away ends the iteration', async () => {
      const connection = await open();
      await connection.send(`GET /stream/endless HTTP/1.1\r\n${HOST}\r\n`);
      await connection.received(1);
      connection.socket.pause();
      // The system's buffers fill up; then the count stands still.
      let before = -1;
      while (before !== toy.state.pieces) {
        before = toy.state.pieces;
        for (let i = 0; i < 20; i++) expect((await request('GET /kv')).status).toBe(200);
      }
      expect(toy.state.pieces).toBeLessThan(2000);
      connection.destroy();
      await toy.state.streamEnded.opened;
      expect(toy.errors).toEqual([]);
    });

    test('a slow reader gets all of it', async () => {
      const connection = await open();
      await connection.send(`GET /stream/gated HTTP/1.1\r\n${HOST}\r\n`);
      await toy.state.entered.opened;
      toy.state.gate.open();
      expect((await connection.next()).body).toBe('0é,1é,');
      await toy.state.streamEnded.opened;
    });

    test('a failure midway cuts the connection, so that nobody takes the part for the whole', async () => {
      const connection = await open();
      await connection.send(`GET /stream/fails-midway HTTP/1.1\r\n${HOST}\r\n`);
      await expect(connection.next()).rejects.toThrow('the connection ended before a chunk');
      expect(toy.errors).toHaveLength(1);
    });
  });
});
