import type { Server, Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { RawConnection } from '@kvasir/test-harness';
import type { RequestObserver } from './request-observer.js';
import { WAYS } from './testing/every-way.js';
import { startToyApp, type ToyApp } from './testing/toy-app.js';
import type { WireApi } from './wire-errors.js';
import type { WireRoute } from './wire-router.js';

const HOST = 'Host: localhost\r\n';

/** Remembers what it was told. */
class Listener implements RequestObserver {
  readonly seen: string[] = [];
  readonly times: number[] = [];
  private readonly waiting: (() => void)[] = [];

  answered(route: WireRoute | undefined, api: WireApi, method: string, status: number, ms: number): void {
    this.seen.push(`${api.name} ${method} ${route?.template ?? 'none'} ${status}`);
    this.times.push(ms);
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  /** Resolves when it has been told of so many requests. */
  async has(count: number): Promise<void> {
    while (this.seen.length < count) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }
}

describe.each(WAYS)('the observer of requests %s', (_name, way) => {
  let toy: ToyApp;
  const connections: RawConnection[] = [];
  const listener = () => new Listener();

  afterEach(async () => {
    for (const connection of connections.splice(0)) connection.destroy();
    await toy.app.close();
  });

  async function open(): Promise<RawConnection> {
    const connection = await RawConnection.open(toy.port);
    connections.push(connection);
    return connection;
  }

  it.each([
    ['GET /kv', '', 'toy-kv GET /kv 200'],
    ['HEAD /kv', '', 'toy-kv HEAD /kv 200'],
    ['GET /kv/none', '', 'toy-kv GET /kv/:key 404'],
    ['GET /kv/a/b', '', 'toy-kv GET none 404'],
    ['PATCH /kv', '', 'toy-kv PATCH none 405'],
    ['GET /keys/known', '', 'toy-keys GET /keys/:key 422'],
    ['GET /keys/boom', '', 'toy-keys GET /keys/:key 500'],
    ['GET /keys/bad-header', '', 'toy-keys GET /keys/:key 500'],
    ['PUT /kv/a', 'Content-Type: text/plain\r\nContent-Length: 1\r\n\r\n1', 'toy-kv PUT /kv/:key 415'],
    ['PUT /kv/a', 'Content-Type: application/json\r\nContent-Length: 1\r\n\r\n1', 'toy-kv PUT /kv/:key 200'],
    ['GET /docs-json', '', 'http GET none 200'],
  ])('hears once of %s', async (line, rest, expected) => {
    const observer = listener();
    toy = await startToyApp({ ...way, observer });
    const connection = await open();
    await connection.send(`${line} HTTP/1.1\r\n${HOST}${rest === '' ? '\r\n' : rest}`);
    await connection.next({ head: line.startsWith('HEAD ') });
    // A second request shows that the first one is not told again behind its answer.
    await connection.send(`GET / HTTP/1.1\r\n${HOST}\r\n`);
    await connection.next();
    await observer.has(2);
    expect(observer.seen).toEqual([expected, 'toy-records GET / 200']);
    for (const ms of observer.times) expect(ms).toBeGreaterThan(0);
  });

  it('hears of a client that went away before its body was there', async () => {
    const observer = listener();
    toy = await startToyApp({ ...way, observer });
    const connection = await open();
    await connection.send(
      `PUT /kv/a HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n`,
    );
    await connection.next();
    connection.destroy();
    await observer.has(1);
    expect(observer.seen).toEqual(['toy-kv PUT /kv/:key 499']);
  });

  it('hears of a client that went away in the midst of an answer in pieces', async () => {
    const observer = listener();
    toy = await startToyApp({ ...way, observer });
    const server = toy.app.getHttpServer() as Server;
    const gone = new Promise((resolve) => server.once('connection', (socket: Socket) => socket.once('close', resolve)));
    const connection = await open();
    await connection.send(`GET /stream/gated HTTP/1.1\r\n${HOST}\r\n`);
    await toy.state.entered.opened;
    connection.destroy();
    await gone;
    toy.state.gate.open();
    await observer.has(1);
    expect(observer.seen).toEqual(['toy-kv GET /stream/:key 499']);
  });
});
