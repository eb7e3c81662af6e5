import { expect, test } from '@jest/globals';
import { describeEveryWay, HOST, JSON_TYPE } from './testing/every-way.js';

describeEveryWay('connections', (way) => {
  const { open, request } = way;

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

  test('no more requests are read than a packet holds while many wait for their turn, and each has its turn', async () => {
    const REQUESTS = 10_000;
    let seen = 0;
    const connection = await open();
    await connection.send(`GET /slow/x HTTP/1.1\r\n${HOST}\r\n`);
    await way.toy.state.entered.opened;
    way.toy.app.getHttpServer().on('request', () => seen++);
    const sent = connection.send(`GET /keys/x HTTP/1.1\r\n${HOST}\r\n`.repeat(REQUESTS));
    let before = -1;
    while (before !== seen) {
      before = seen;
      for (let i = 0; i < 20; i++) await new Promise(setImmediate);
    }
    expect(seen).toBeLessThan(REQUESTS / 2);
    way.toy.state.gate.open();
    expect((await connection.next()).json()).toEqual({ slow: 'x' });
    for (let i = 0; i < REQUESTS; i++) await connection.next();
    await sent;
    expect(seen).toBe(REQUESTS);
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
    [`PUT /kv/x HTTP/1.1\r\n${HOST}${JSON_TYPE}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
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
    expect(way.toy.state.calls).toEqual([]);
  });

  test('bytes that are no request do not overtake the answers before them', async () => {
    const connection = await open();
    await connection.send(`GET /slow/x HTTP/1.1\r\n${HOST}\r\nPUT /kv/x HTTP/1.1\r\n${HOST}\r\ngarbage\r\n\r\n`);
    await way.toy.state.entered.opened;
    way.toy.state.gate.open();
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
    await way.toy.state.entered.opened;
    way.toy.state.gate.open();
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
    await way.toy.state.entered.opened;
    way.toy.state.gate.open();
    expect((await connection.next()).json()).toEqual({ slow: 'x' });
    expect((await connection.next()).status).toBe(413);
    await connection.send('0\r\n\r\n');
    await connection.closed;
    expect(way.toy.state.calls).toEqual([]);
  });

  test('a broken body behind a request in progress is refused in its turn', async () => {
    const connection = await open();
    await connection.send(
      `GET /slow/x HTTP/1.1\r\n${HOST}\r\nPUT /kv/x HTTP/1.1\r\n${HOST}${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
    );
    await way.toy.state.entered.opened;
    way.toy.state.gate.open();
    expect((await connection.next()).json()).toEqual({ slow: 'x' });
    expect((await connection.next()).status).toBe(400);
    await connection.closed;
    expect(way.toy.state.calls).toEqual([]);
  });

  test('a target with bytes above 127 is served behind earlier requests, with a body that comes later, and ends the connection', async () => {
    const connection = await open();
    await connection.send(
      `GET /slow/x HTTP/1.1\r\n${HOST}\r\nPUT /kv/\xc3\xa9?\xc3\xa9=1 HTTP/1.1\r\n${HOST}${JSON_TYPE}Content-Length: 4\r\n\r\n"`,
    );
    await way.toy.state.entered.opened;
    way.toy.state.gate.open();
    expect((await connection.next()).json()).toEqual({ slow: 'x' });
    await connection.send('\xc3\xa9"');
    const response = await connection.next();
    expect([response.json(), response.header('Connection')]).toEqual([{ success: true, bytes: 4 }, 'close']);
    await connection.closed;
    expect([...way.toy.state.values]).toEqual([['é', '"é"']]);
  });

  test('a client that sends its request and the end in one go reads its answer', async () => {
    const connection = await open();
    connection.socket.end(`GET /kv/x HTTP/1.1\r\n${HOST}\r\n`);
    expect((await connection.next()).status).toBe(404);
    await connection.closed;
  });

  test('a client that ends its side in the midst of a body reads the refusal of its headers', async () => {
    const connection = await open();
    connection.socket.end(`PUT /kv/x HTTP/1.1\r\n${HOST}Content-Type: text/plain\r\nContent-Length: 10\r\n\r\n"a`);
    expect((await connection.next()).status).toBe(415);
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

  test('a connection with bytes above 127 in its request line ends when the rest of that request is broken, behind its answer', async () => {
    const connection = await open();
    await connection.send(`GET /nothing/\xc3\xa9 HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\nzz\r\n`);
    expect((await connection.next()).status).toBe(404);
    await connection.closed;
    expect([connection.rest, connection.error]).toEqual(['', undefined]);
  });

  test('bytes below 32 in a target are refused', async () => {
    for (const target of ['/kv/\x01', '/kv/\x7f', '/kv/\xc3\xa9\x01', '/kv/a\tb']) {
      const connection = await open();
      await connection.send(`GET ${target} HTTP/1.1\r\n${HOST}\r\n`);
      expect((await connection.next()).status).toBe(400);
      await connection.closed;
    }
    expect(way.toy.state.calls).toEqual([]);
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
