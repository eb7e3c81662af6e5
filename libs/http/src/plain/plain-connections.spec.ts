import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { RawConnection } from '@kvasir/test-harness';
import { PlainConnections, type PlainDispatcher } from './plain-connections.js';
import type { PlainRequest } from './plain-request.js';
import type { PlainResponse } from './plain-response.js';

const KEEP_ALIVE_MS = 5000;
const STALL_MS = 2000;

/** Answers to so many of a megabyte do not fit into what the system holds of a connection. */
const REQUESTS = 30;

const get = (path: string, headers = ''): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`;
const put = (path: string, length: number): string =>
  `PUT ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`;

/** Not plain, and answered by Node. */
const byNode = (path: string): string => get(path, 'TE: trailers\r\n');

/** Keeps requests until they are told to be answered. */
class Dispatcher implements PlainDispatcher {
  readonly waiting: { readonly request: PlainRequest; readonly response: PlainResponse }[] = [];
  /** Answers at once. */
  isPrompt = true;
  /** What it answers, in place of what it was asked. */
  text: string | undefined;
  private readonly arrivals: (() => void)[] = [];

  dispatchPlain(request: PlainRequest, response: PlainResponse): boolean {
    if (request.url === '/not-plain') return false;
    if (this.isPrompt)
      answer(response, this.text ?? `plain ${request.method} ${request.url} ${request.body.toString()}`);
    else this.waiting.push({ request, response });
    this.arrivals.shift()?.();
    return true;
  }

  flush(): void {}

  /** Resolves when one more request has come. */
  arrival(): Promise<void> {
    return new Promise((resolve) => this.arrivals.push(resolve));
  }
}

function answer(response: PlainResponse, text: string, ...headers: string[]): void {
  response.writeHead(200, ['Content-Length', String(Buffer.byteLength(text)), ...headers]);
  response.end(text);
}

describe('plain connections', () => {
  let now: number;
  let server: Server;
  let dispatcher: Dispatcher;
  let plain: PlainConnections;
  let connections: RawConnection[];

  beforeEach(async () => {
    now = 0;
    connections = [];
    dispatcher = new Dispatcher();
    plain = new PlainConnections(dispatcher, { keepAliveMs: KEEP_ALIVE_MS, stallMs: STALL_MS, now: () => now });
    server = createServer((req, res) => {
      const pieces: Buffer[] = [];
      req.on('data', (piece: Buffer) => pieces.push(piece));
      req.on('end', () => res.end(`node ${req.method} ${req.url} ${Buffer.concat(pieces).toString()}`));
    });
    plain.takeFrom(server, 'connection');
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  afterEach(async () => {
    for (const connection of connections) connection.destroy();
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });

  const port = (): number => (server.address() as AddressInfo).port;

  async function open(): Promise<RawConnection> {
    const taken = once(server, 'connection');
    const connection = await RawConnection.open(port());
    connections.push(connection);
    await taken;
    return connection;
  }

  /** Sends bytes and waits until the server has read them. */
  async function sendAndWait(connection: RawConnection, taken: Socket, text: string): Promise<void> {
    const before = taken.bytesRead;
    await connection.send(text);
    while (taken.bytesRead < before + text.length) await new Promise(setImmediate);
    await new Promise(setImmediate);
  }

  /** A connection and the server's end of it. */
  async function openBoth(): Promise<[RawConnection, Socket]> {
    const taken = once(server, 'connection') as Promise<[Socket]>;
    const connection = await open();
    return [connection, (await taken)[0]];
  }

  /** A connection whose first request waits to be answered, as do all from then on. */
  async function openBusy(
    first = get('/a'),
  ): Promise<{ connection: RawConnection; taken: Socket; response: PlainResponse }> {
    dispatcher.isPrompt = false;
    const [connection, taken] = await openBoth();
    const arrived = dispatcher.arrival();
    await connection.send(first);
    await arrived;
    return { connection, taken, response: dispatcher.waiting.at(-1)!.response };
  }

  async function bodyOf(connection: RawConnection, request: string): Promise<string> {
    await connection.send(request);
    return (await connection.next()).body;
  }

  test('are answered without Node as long as their requests are plain, and by Node from the first that is not', async () => {
    const connection = await open();
    expect(await bodyOf(connection, get('/a'))).toBe('plain GET /a ');
    expect(await bodyOf(connection, `${put('/b', 3)}abc`)).toBe('plain PUT /b abc');
    expect(await bodyOf(connection, byNode('/c'))).toBe('node GET /c ');
    expect(await bodyOf(connection, get('/d'))).toBe('node GET /d ');
  });

  test('go to Node with a request that the dispatcher does not take, of which nothing was answered yet', async () => {
    const connection = await open();
    expect(await bodyOf(connection, get('/not-plain'))).toBe('node GET /not-plain ');
  });

  test('may bring a body behind its headers, in as many pieces as it likes', async () => {
    const [connection, taken] = await openBoth();
    for (const piece of [put('/a', 6), 'ab', 'c', 'de']) await sendAndWait(connection, taken, piece);
    expect(await bodyOf(connection, 'f')).toBe('plain PUT /a abcdef');
    expect(await bodyOf(connection, get('/b'))).toBe('plain GET /b ');
  });

  test('go to Node with a body that does not come, and its rest is read there', async () => {
    const [connection, taken] = await openBoth();
    await sendAndWait(connection, taken, `${put('/a', 3)}ab`);
    now += 99;
    plain.check();
    now += 1;
    plain.check();
    expect(await bodyOf(connection, 'c')).toBe('node PUT /a abc');
  });

  test('go to Node with a longer body, before it has come', async () => {
    const [connection, taken] = await openBoth();
    const body = 'x'.repeat(20_000);
    await sendAndWait(connection, taken, put('/a', body.length));
    expect(await bodyOf(connection, body)).toBe(`node PUT /a ${body}`);
  });

  test('go to Node with what is more than one request', async () => {
    const connection = await open();
    await connection.send(get('/a') + get('/b'));
    expect((await connection.next()).body).toBe('node GET /a ');
    expect((await connection.next()).body).toBe('node GET /b ');
  });

  test('go to Node with more than a body, which came in two pieces', async () => {
    const [connection, taken] = await openBoth();
    await sendAndWait(connection, taken, put('/a', 3));
    await connection.send(`abc${get('/b')}`);
    expect((await connection.next()).body).toBe('node PUT /a abc');
    expect((await connection.next()).body).toBe('node GET /b ');
  });

  test('go to Node when nothing comes, whose limits hold for them', async () => {
    const connection = await open();
    now += 100;
    plain.check();
    expect(await bodyOf(connection, get('/a'))).toBe('node GET /a ');
  });

  test('serve what comes behind a request when that is answered', async () => {
    const { connection, taken } = await openBusy();
    await sendAndWait(connection, taken, get('/b'));
    expect(dispatcher.waiting).toHaveLength(1);
    dispatcher.isPrompt = true;
    answer(dispatcher.waiting[0]!.response, 'first');
    expect((await connection.next()).body).toBe('first');
    expect((await connection.next()).body).toBe('plain GET /b ');
  });

  test('stop reading what comes behind a request when it is much, and lose none of it', async () => {
    const { connection, taken } = await openBusy();
    const body = 'x'.repeat(8_000_000);
    const sent = connection.send(put('/b', body.length) + body);
    while (!taken.isPaused()) await new Promise(setImmediate);
    expect(taken.bytesRead).toBeLessThan(1_000_000);
    answer(dispatcher.waiting[0]!.response, 'first');
    expect((await connection.next()).body).toBe('first');
    expect((await connection.next()).body).toBe(`node PUT /b ${body}`);
    await sent;
  });

  test('end when their answer says so, and what came behind the request is dropped', async () => {
    const { connection, taken } = await openBusy();
    await sendAndWait(connection, taken, get('/b'));
    answer(dispatcher.waiting[0]!.response, 'last', 'Connection', 'close');
    expect((await connection.next()).body).toBe('last');
    await connection.closed;
    expect([connection.rest, dispatcher.waiting.length]).toEqual(['', 1]);
  });

  test('end when they are idle for too long', async () => {
    const connection = await open();
    await bodyOf(connection, get('/a'));
    now += KEEP_ALIVE_MS - 1;
    plain.check();
    await bodyOf(connection, get('/b'));
    now += KEEP_ALIVE_MS - 1;
    plain.check();
    await bodyOf(connection, get('/c'));
    expect(connection.socket.destroyed).toBe(false);
    now += KEEP_ALIVE_MS;
    plain.check();
    expect(connection.socket.destroyed).toBe(false);
    now += 1000;
    plain.check();
    await connection.closed;
  });

  test('end when an answer does not come for too long', async () => {
    const { connection } = await openBusy();
    now += STALL_MS - 1;
    plain.check();
    expect(dispatcher.waiting[0]!.response.destroyed).toBe(false);
    now += 1;
    plain.check();
    await connection.closed;
    expect(dispatcher.waiting[0]!.response.destroyed).toBe(true);
  });

  test('end when they are idle and the server closes, and not while they are busy', async () => {
    const idle = await open();
    await bodyOf(idle, get('/a'));
    const { connection: busy } = await openBusy(get('/b'));
    const [half, taken] = await openBoth();
    await sendAndWait(half, taken, put('/c', 3));
    plain.closeIdle();
    await idle.closed;
    dispatcher.isPrompt = true;
    answer(dispatcher.waiting[0]!.response, 'busy');
    expect((await busy.next()).body).toBe('busy');
    expect(await bodyOf(half, 'abc')).toBe('plain PUT /c abc');
  });

  test('tell an answer that its client is gone', async () => {
    const { connection, response } = await openBusy();
    const closed = new Promise<void>((resolve) => response.once('close', resolve));
    connection.destroy();
    await closed;
    expect(response.destroyed).toBe(true);
  });

  test('are ended for a client that ends its side', async () => {
    for (const [text, answers] of [
      [get('/a'), 1],
      ['', 0],
    ] as const) {
      const client = await open();
      client.socket.end(text);
      await client.closed;
      expect(client.rest.split('HTTP/1.1 200')).toHaveLength(1 + answers);
    }
  });

  test('go to Node with the end of a client that breaks off its body', async () => {
    const broken = once(server, 'clientError') as Promise<[NodeJS.ErrnoException, Socket]>;
    const [socket, taken] = await openBoth();
    await sendAndWait(socket, taken, `${put('/a', 5)}ab`);
    socket.socket.end();
    const [error, atServer] = await broken;
    expect(error.code).toBe('HPE_INVALID_EOF_STATE');
    atServer.destroy();
  });

  test('answer the request before what is broken off behind it, and before what is not plain', async () => {
    for (const [behind, expected] of [
      [`${put('/b', 5)}ab`, []],
      ['GET /b HT', []],
      [byNode('/b'), ['node GET /b ']],
    ] as const) {
      const { connection: client, taken } = await openBusy();
      server.once('clientError', (_error: Error, socket: Socket) => socket.end());
      await sendAndWait(client, taken, behind);
      const ended = once(taken, 'end');
      client.socket.end();
      await ended;
      answer(dispatcher.waiting.pop()!.response, 'first');
      expect((await client.next()).body).toBe('first');
      for (const body of expected) expect((await client.next()).body).toBe(body);
      now += 100;
      plain.check();
      await client.closed;
      expect(client.rest).toBe('');
    }
  });

  test('that were ended by their client serve nothing that came behind the request', async () => {
    const { connection: client, taken } = await openBusy();
    await sendAndWait(client, taken, get('/b'));
    client.socket.end();
    await client.closed;
    expect(dispatcher.waiting).toHaveLength(1);
  });

  test('read nothing behind an answer that says that they end', async () => {
    const { connection: client, taken } = await openBusy();
    answer(dispatcher.waiting[0]!.response, 'last', 'Connection', 'close');
    // Before the system has closed it.
    taken.emit('data', Buffer.from(get('/b')));
    await client.closed;
    expect(dispatcher.waiting).toHaveLength(1);
  });

  test('serve no further request before the client has taken most of the last answer', async () => {
    const [client, taken] = await openBoth();
    client.socket.pause();
    dispatcher.text = 'x'.repeat(1_000_000);
    for (let sent = 0; sent < REQUESTS; sent++) await sendAndWait(client, taken, get('/a'));
    expect(taken.writableLength).toBeLessThan(1_001_000);
    client.socket.resume();
    const lengths: number[] = [];
    while (lengths.length < REQUESTS) lengths.push((await client.next()).body.length);
    // By Node, as what was held is more than one request.
    expect([lengths[0], lengths.at(-1)]).toEqual([dispatcher.text.length, 'node GET /a '.length]);
  });

  test('live as long as their client takes its answer, however slowly, and then as long as idle ones', async () => {
    const { connection: client, taken, response } = await openBusy();
    client.socket.pause();
    const text = 'x'.repeat(20_000_000);
    const closed = new Promise<void>((resolve) => response.on('close', resolve));
    answer(response, text);
    expect(response.writableFinished).toBe(false);
    // Who does not read at all is cut by others, who look at what the system has taken.
    for (const pause of [STALL_MS, KEEP_ALIVE_MS]) {
      now += pause;
      plain.check();
    }
    expect(taken.destroyed).toBe(false);
    client.socket.resume();
    expect((await client.next()).body).toBe(text);
    await closed;
    expect(response.writableFinished).toBe(true);
    now += KEEP_ALIVE_MS;
    plain.check();
    expect(taken.destroyed).toBe(false);
    now += 1000;
    plain.check();
    await client.closed;
  });

  test('tell an answer that its client left before it had it', async () => {
    const { connection: client, response } = await openBusy();
    client.socket.pause();
    const closed = new Promise<void>((resolve) => response.on('close', resolve));
    answer(response, 'x'.repeat(20_000_000));
    client.destroy();
    await closed;
    expect(response.writableFinished).toBe(false);
  });

  test('send an answer in pieces as its client takes them', async () => {
    const { connection, response } = await openBusy();
    response.writeHead(200, ['Transfer-Encoding', 'chunked']);
    const piece = 'é'.repeat(500_000);
    let pieces = 0;
    connection.socket.pause();
    while (response.write(piece)) pieces++;
    const drained = new Promise<void>((resolve) => response.on('drain', resolve));
    connection.socket.resume();
    await drained;
    response.write('');
    response.end();
    expect((await connection.next()).body).toBe(piece.repeat(pieces + 1));
    dispatcher.isPrompt = true;
    expect(await bodyOf(connection, get('/b'))).toBe('plain GET /b ');
  });

  test('do not send a header that HTTP does not carry', async () => {
    const { connection, response } = await openBusy();
    for (const value of ['a\r\nb', 'a\0', 'é']) expect(() => response.writeHead(200, ['X', value])).toThrow(TypeError);
    answer(response, 'then this');
    expect((await connection.next()).body).toBe('then this');
  });
});
