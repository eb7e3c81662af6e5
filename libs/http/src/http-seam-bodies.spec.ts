import { expect, test } from '@jest/globals';
import { describeEveryWay, HOST, JSON_TYPE } from './testing/every-way.js';

describeEveryWay('bodies', (way) => {
  const { open, request, put } = way;

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
    expect(way.toy.state.calls).toEqual([]);
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
    expect(way.toy.state.values.get('x')).toBe('{"a":1}');
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
    expect(way.toy.state.calls).toEqual([]);
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
    await connection.send(`PUT /kv/x HTTP/1.1\r\n${HOST}${JSON_TYPE}Content-Length: 2\r\nExpect: 100-continue\r\n\r\n`);
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
    async (leaving) => {
      const connection = await open();
      await connection.send(`PUT /kv/x HTTP/1.1\r\n${HOST}${JSON_TYPE}Content-Length: 100\r\n\r\n{"value":`);
      const gone = new Promise<void>((resolve) => way.toy.app.getHttpServer().once('connection', () => resolve()));
      if (leaving === 'end') connection.socket.end();
      else connection.destroy();
      await connection.closed;
      expect((await request('GET /kv/x')).status).toBe(404);
      await gone;
      expect([way.toy.state.calls, way.toy.errors]).toEqual([['GET x'], []]);
    },
  );

  test('a transfer coding besides chunked is refused', async () => {
    const response = await request('PUT /kv/x', `${JSON_TYPE}Transfer-Encoding: gzip, chunked\r\n`, '0\r\n\r\n');
    expect([response.status, response.header('Connection')]).toEqual([501, 'close']);
  });
});
