import { createServer, type IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PlainRequest, PlainRequestReader } from './plain-request.js';

const socket = new Socket();

function read(text: string, reader = new PlainRequestReader()): PlainRequest | number | undefined {
  return reader.read(Buffer.from(text, 'latin1'), socket);
}

function plain(text: string, reader?: PlainRequestReader): PlainRequest {
  const request = read(text, reader);
  if (!(request instanceof PlainRequest)) throw new Error(`not plain: ${JSON.stringify(text)}`);
  return request;
}

const HEAD = 'Host: a\r\n\r\n';

describe('a plain request', () => {
  test('is read whole', () => {
    const request = plain(
      'PUT /kv/a%2Fb?x=1&y HTTP/1.1\r\nHost: a:80\r\nUser-Agent: a b  c/1.0 (x; y)\r\nContent-Length: 3\r\nX-Api-Key: k\r\n\r\n{"\xe9',
    );
    expect([request.method, request.url, request.httpVersion, request.socket]).toEqual([
      'PUT',
      '/kv/a%2Fb?x=1&y',
      '1.1',
      socket,
    ]);
    expect(request.headers).toEqual({
      host: 'a:80',
      'user-agent': 'a b  c/1.0 (x; y)',
      'content-length': '3',
      'x-api-key': 'k',
    });
    expect(request.body).toEqual(Buffer.from('{"\xe9', 'latin1'));
  });

  test.each(['GET', 'HEAD', 'DELETE', 'PUT', 'POST'])('may be a %s without a body', (method) => {
    const { body } = plain(`${method} / HTTP/1.1\r\n${HEAD}`);
    expect(body).toHaveLength(0);
  });

  test('may have no header at all: whoever serves it asks for Host', () => {
    expect(plain('GET / HTTP/1.1\r\n\r\n').headers).toEqual({});
  });

  test('has the headers of the one before it when they are the same, byte for byte', () => {
    const reader = new PlainRequestReader();
    const first = plain('GET /a HTTP/1.1\r\nHost: a\r\nX: 1\r\n\r\n', reader);
    expect(plain('DELETE /b HTTP/1.1\r\nHost: a\r\nX: 1\r\n\r\n', reader).headers).toBe(first.headers);
    expect(plain('GET /a HTTP/1.1\r\nHost: a\r\nX: 2\r\n\r\n', reader).headers).toEqual({ host: 'a', x: '2' });
    expect(plain('GET /a HTTP/1.1\r\nHost: a\r\n\r\n', reader).headers).toEqual({ host: 'a' });
    // Those of a request that is refused do not stay.
    expect(read('GET /a HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n', reader)).toBeUndefined();
    expect(plain('GET /a HTTP/1.1\r\nHost: a\r\n\r\n', reader).headers).toEqual({ host: 'a' });
  });

  test('has headers of its own when they are long: they are not kept for the next one', () => {
    const reader = new PlainRequestReader();
    const long = `GET /a HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(2048)}\r\n\r\n`;
    const first = plain(long, reader);
    const second = plain(long, reader);
    expect(second.headers).toEqual(first.headers);
    expect(second.headers).not.toBe(first.headers);
  });

  test('of which a part of the body is there says how long it is', () => {
    const head = 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n';
    expect(read(head)).toBe(head.length + 10);
    expect(read(`${head}123456789`)).toBe(head.length + 10);
    expect(plain(`${head}1234567890`).body.toString()).toBe('1234567890');
    expect(read(`${head}12345678901`)).toBeUndefined();
  });

  test.each([
    ['nothing in it', ''],
    ['a part of a method', 'GE'],
    ['a part of a request line', 'GET /kv HTTP/1.1\r'],
    ['a part of the headers', 'GET /kv HTTP/1.1\r\nHost: a\r\n'],
    ['another method', `PATCH / HTTP/1.1\r\n${HEAD}`],
    ['a method that begins like one', `GETS / HTTP/1.1\r\n${HEAD}`],
    ['a method in small letters', `get / HTTP/1.1\r\n${HEAD}`],
    ['an empty line first', `\r\nGET / HTTP/1.1\r\n${HEAD}`],
    ['another version', `GET / HTTP/1.0\r\n${HEAD}`],
    ['no version', `GET /\r\n${HEAD}`],
    ['no target', `GET HTTP/1.1\r\n${HEAD}`],
    ['an empty target', `GET  HTTP/1.1\r\n${HEAD}`],
    ['two spaces', `GET  / HTTP/1.1\r\n${HEAD}`],
    ['a target with a host', `GET http://a/ HTTP/1.1\r\n${HEAD}`],
    ['a star', `GET * HTTP/1.1\r\n${HEAD}`],
    ['a space in the target', `GET /a b HTTP/1.1\r\n${HEAD}`],
    ['a byte above 127 in the target', `GET /\xe9 HTTP/1.1\r\n${HEAD}`],
    ['a byte below 32 in the target', `GET /\x01 HTTP/1.1\r\n${HEAD}`],
    ['a quotation mark in the target', `GET /" HTTP/1.1\r\n${HEAD}`],
    ['a fragment', `GET /#a HTTP/1.1\r\n${HEAD}`],
    ['line feeds alone', 'GET / HTTP/1.1\nHost: a\n\n'],
    ['a line feed in a header', 'GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n'],
    ['a carriage return in a header', 'GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n'],
    ['a folded header', 'GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n'],
    ['a header without a colon', 'GET / HTTP/1.1\r\nHost\r\n\r\n'],
    ['a header without a name', 'GET / HTTP/1.1\r\n: a\r\n\r\n'],
    ['a space before the colon', 'GET / HTTP/1.1\r\nHost : a\r\n\r\n'],
    ['no space behind it', 'GET / HTTP/1.1\r\nHost:a\r\n\r\n'],
    ['two spaces behind it', 'GET / HTTP/1.1\r\nHost:  a\r\n\r\n'],
    ['a space at the end of a header', 'GET / HTTP/1.1\r\nHost: a \r\n\r\n'],
    ['an empty header', 'GET / HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n'],
    ['a tab in a header', 'GET / HTTP/1.1\r\nHost: a\r\nX: a\tb\r\n\r\n'],
    ['a byte above 127 in a header', 'GET / HTTP/1.1\r\nHost: a\r\nX: \xe9\r\n\r\n'],
    ['a byte of zero in a header', 'GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n'],
    ['a header twice', 'GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n'],
    ['a connection that closes', 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'],
    ['two options of a connection', 'GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, close\r\n\r\n'],
    ['an upgrade', 'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n'],
    ['a chunked body', 'PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['an expectation', 'PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n1'],
    ['a length that is none', 'PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n1'],
    ['a length too long', 'PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 0000000001\r\n\r\n1'],
    ['two lengths', 'PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n1'],
    ['a list of lengths', 'PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n1'],
    ['a body of a GET', 'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n1'],
    ['an empty one', 'DELETE / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n'],
    ['bytes behind it', `GET / HTTP/1.1\r\n${HEAD}G`],
    ['another request behind it', `GET / HTTP/1.1\r\n${HEAD}`.repeat(2)],
    ['headers of 9 KiB', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(9216)}\r\n\r\n`],
    ['a name that objects have', 'GET / HTTP/1.1\r\nHost: a\r\n__proto__: x\r\n\r\n'],
    ['another one', 'GET / HTTP/1.1\r\nHost: a\r\nconstructor: x\r\n\r\n'],
  ])('is not one with %s', (_what, text) => {
    expect(read(text)).toBeUndefined();
  });
});

/** A connection in memory, for Node's own parser. */
class Connection extends Duplex {
  constructor(bytes: Buffer) {
    super();
    this.push(bytes);
  }

  override _read(): void {}

  override _write(_chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    callback();
  }
}

/** What Node's HTTP makes of bytes: each whole request, and whether something is left that is none. */
async function readByNode(bytes: Buffer): Promise<unknown[]> {
  const found: unknown[] = [];
  const server = createServer({ requireHostHeader: false }, (req: IncomingMessage) => {
    const { method, url, httpVersion, headers } = req;
    const pieces: Buffer[] = [];
    const request: object[] = [];
    found.push(request);
    req.on('data', (piece: Buffer) => pieces.push(piece));
    req.on('end', () => request.push({ method, url, httpVersion, headers, body: Buffer.concat(pieces) }));
  });
  server.on('clientError', () => found.push('broken'));
  server.on('connect', () => found.push('connect'));
  const connection = new Connection(bytes);
  server.emit('connection', connection);
  // The parser runs as the stream flows, and tells of bodies' ends in the turn after.
  for (let turn = 0; turn < 4; turn++) await new Promise(setImmediate);
  connection.destroy();
  return found;
}

describe('what is read as a plain request', () => {
  const line = fc.oneof(
    {
      weight: 9,
      arbitrary: fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'HEAD').map((m) => `${m} /kv/a?b=c HTTP/1.1`),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom('GET  / HTTP/1.1', 'GET / HTTP/1.0', 'PUT /a b HTTP/1.1', 'PROPFIND / HTTP/1.1'),
    },
  );
  const field = fc.oneof(
    {
      weight: 30,
      arbitrary: fc.constantFrom(
        'Host: a',
        'X-Api-Key: k',
        'Accept: */*',
        'Connection: keep-alive',
        'Content-Type: application/json',
      ),
    },
    { weight: 4, arbitrary: fc.nat(12).map((length) => `Content-Length: ${length}`) },
    {
      weight: 3,
      arbitrary: fc.constantFrom(
        'Connection: close',
        'Transfer-Encoding: chunked',
        'content-length: 1',
        'Content-Length : 2',
        'Content-Length:3',
        'Content-Length: 0x3',
        'X-Empty:',
        'Expect: 100-continue',
        'Upgrade: h2c',
        'Cookie: a=b; c=d',
        'X: a\x80',
        ' folded',
        '__proto__: x',
        'toString: y',
      ),
    },
  );
  const request = fc
    .record({
      line,
      fields: fc.uniqueArray(field, { maxLength: 5 }),
      body: fc.oneof(fc.constant(''), fc.string({ maxLength: 14 })),
      isLengthRight: fc.boolean(),
      end: fc.constantFrom(...Array<string>(9).fill('\r\n'), '\n'),
    })
    .map(({ line: first, fields, body, end, isLengthRight }) =>
      [first, ...fields, ...(isLengthRight ? [`Content-Length: ${body.length}`] : []), '', body].join(end),
    );
  const damaged = fc
    .tuple(
      request,
      fc.array(
        fc.tuple(
          fc.double({ min: 0, max: 1, noNaN: true }),
          fc.nat(2),
          fc.string({ unit: fc.nat(255).map((unit) => String.fromCharCode(unit)), maxLength: 2 }),
        ),
        { maxLength: 2 },
      ),
    )
    .map(([text, damages]) =>
      damages.reduce((damagedText, [at, cut, put]) => {
        const start = Math.floor(at * damagedText.length);
        return damagedText.slice(0, start) + put + damagedText.slice(start + cut);
      }, text),
    );

  test('is the same, and nothing but it, to Node', async () => {
    let plainOnes = 0;
    const reader = new PlainRequestReader();
    await fc.assert(
      fc.asyncProperty(damaged, async (text) => {
        const bytes = Buffer.from(text, 'latin1');
        const found = reader.read(bytes, socket);
        if (!(found instanceof PlainRequest)) return;
        plainOnes++;
        const { method, url, httpVersion, headers, body } = found;
        expect(await readByNode(bytes)).toEqual([[{ method, url, httpVersion, headers, body }]]);
      }),
      { numRuns: 3000, ...(process.env['KV_SEED'] === undefined ? {} : { seed: Number(process.env['KV_SEED']) }) },
    );
    expect(plainOnes).toBeGreaterThan(100);
  });
});
