import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { HttpAdapterOptions } from './kvasir-http-adapter.js';
import { RawConnection } from '@kvasir/test-harness';
import { startToyApp, type ToyApp } from './testing/toy-app.js';
import { WireAnswer } from './wire-answer.js';
import { DEFAULT_API } from './wire-errors.js';
import { WireRouter } from './wire-router.js';

const HOST = 'Host: localhost\r\n';
const GET_KV = `GET /kv HTTP/1.1\r\n${HOST}\r\n`;

describe.each([
  ['past Node’s HTTP', true],
  ['by it alone', false],
])('the HTTP adapter, with plain requests read %s,', (_how, plain) => {
  const apps: ToyApp[] = [];
  const connections: RawConnection[] = [];

  afterEach(async () => {
    for (const connection of connections.splice(0)) connection.destroy();
    for (const toy of apps.splice(0)) await toy.app.close();
  });

  async function start(options: Partial<HttpAdapterOptions> = {}, nestOptions: object = {}): Promise<ToyApp> {
    const toy = await startToyApp({ plain, ...options }, nestOptions);
    apps.push(toy);
    return toy;
  }

  async function open(port: number): Promise<RawConnection> {
    const connection = await RawConnection.open(port);
    connections.push(connection);
    return connection;
  }

  test('serves the same application on several ports, and closes all of them', async () => {
    const toy = await start();
    const { port } = await toy.adapter.listenAlso(0, '127.0.0.1');
    for (const each of [toy.port, port]) {
      const connection = await open(each);
      await connection.send(GET_KV);
      expect((await connection.next()).status).toBe(200);
    }
    await toy.app.close();
    for (const each of [toy.port, port]) await expect(RawConnection.open(each)).rejects.toThrow('ECONNREFUSED');
  });

  test('a further port that is taken is an error', async () => {
    const toy = await start();
    await expect(toy.adapter.listenAlso(toy.port, '127.0.0.1')).rejects.toThrow('EADDRINUSE');
  });

  test('a close lets requests in progress finish, with Connection: close, and nothing after them', async () => {
    const toy = await start();
    const busy = await open(toy.port);
    await busy.send(`GET /slow/x HTTP/1.1\r\n${HOST}\r\n`);
    await toy.state.entered.opened;
    const closed = toy.app.close();
    // A request behind the one in progress: the answer before it says that it will not be served.
    await busy.send(GET_KV);
    toy.state.gate.open();
    const response = await busy.next();
    expect([response.json(), response.header('Connection')]).toEqual([{ slow: 'x' }, 'close']);
    await busy.closed;
    expect(busy.rest).toBe('');
    await closed;
  });

  test('a close ends idle connections and those that never sent anything, at once', async () => {
    const toy = await start({ timeouts: { drainMs: 60_000 } });
    const idle = await open(toy.port);
    await idle.send(GET_KV);
    await idle.next();
    const silent = await open(toy.port);
    await toy.app.close();
    await Promise.all([idle.closed, silent.closed]);
    expect([idle.rest, silent.rest]).toEqual(['', '']);
  });

  test('a streamed answer that began before a close is sent to its end', async () => {
    const toy = await start({ timeouts: { drainMs: 60_000 } });
    const connection = await open(toy.port);
    await connection.send(`GET /stream/gated HTTP/1.1\r\n${HOST}\r\n`);
    await toy.state.entered.opened;
    const closed = toy.app.close();
    toy.state.gate.open();
    expect((await connection.next()).body).toBe('0é,1é,');
    await closed;
  });

  test('an answer that its client has not taken yet when a close begins is sent to its end', async () => {
    const toy = await start({ timeouts: { drainMs: 60_000 } });
    // More than the system takes of an answer that nobody reads.
    const value = 'x'.repeat(33_554_432);
    toy.state.values.set('long', value);
    const silent = await open(toy.port);
    const reader = connect({ port: toy.port, host: '127.0.0.1' });
    let bytes = 0;
    reader.on('data', (chunk: Buffer) => (bytes += chunk.length));
    reader.write(`GET /kv/long HTTP/1.1\r\n${HOST}\r\n`);
    await once(reader, 'data');
    reader.pause();
    const closed = toy.app.close();
    // Idle connections have been looked for when one that never sent anything is gone.
    await silent.closed;
    const ended = once(reader, 'close');
    reader.resume();
    await Promise.all([closed, ended]);
    expect(bytes).toBeGreaterThan(value.length);
  });

  test('what does not finish within the time to drain is cut off', async () => {
    const toy = await start({ timeouts: { drainMs: 50 } });
    const busy = await open(toy.port);
    await busy.send(`GET /slow/x HTTP/1.1\r\n${HOST}\r\n`);
    const half = await open(toy.port);
    await half.send('GET /kv HT');
    await toy.state.entered.opened;
    await toy.app.close();
    await Promise.all([busy.closed, half.closed]);
    // The handler's answer comes to nobody, and nothing fails.
    toy.state.gate.open();
    await toy.state.gate.opened;
    expect(toy.errors).toEqual([]);
  });

  test('from beforeClose on, answers close their connections while new ones are still taken', async () => {
    const toy = await start();
    toy.adapter.beforeClose();
    for (const path of ['/kv', '/docs-json']) {
      const connection = await open(toy.port);
      await connection.send(`GET ${path} HTTP/1.1\r\n${HOST}\r\n`);
      const response = await connection.next();
      expect([response.status, response.header('Connection')]).toEqual([200, 'close']);
      await connection.closed;
    }
  });

  test("Nest's return503OnClosing and forceCloseConnections hold", async () => {
    const toy = await start(
      { timeouts: { drainMs: 60_000 } },
      { return503OnClosing: true, forceCloseConnections: true },
    );
    const busy = await open(toy.port);
    await busy.send(`GET /slow/x HTTP/1.1\r\n${HOST}\r\n`);
    await toy.state.entered.opened;
    toy.adapter.beforeClose();
    const late = await open(toy.port);
    await late.send(GET_KV);
    expect((await late.next()).status).toBe(503);
    await toy.app.close();
    await busy.closed;
  });

  test.each([
    ['slow headers', `GET /kv HTTP/1.1\r\n${HOST}`],
    ['a slow body', `PUT /kv/x HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nContent-Length: 10\r\n\r\n{`],
    ['nothing at all', ''],
  ])('%s are a 408 in the default form, soon after their time', async (_what, text) => {
    const toy = await start({ timeouts: { headersMs: 100, requestMs: 100, checkIntervalMs: 20, lingerMs: 50 } });
    const connection = await open(toy.port);
    await connection.send(text);
    const response = await connection.next();
    expect([response.status, response.json()]).toEqual([
      408,
      expect.objectContaining({ error: 'the request did not arrive in time' }),
    ]);
    await connection.closed;
    expect(toy.state.calls).toEqual([]);
  });

  test('a connection without a byte in the midst of an answer is cut after the stall time', async () => {
    const toy = await start({ timeouts: { stallMs: 100 } });
    const connection = await open(toy.port);
    await connection.send(`GET /slow/x HTTP/1.1\r\n${HOST}\r\n`);
    await connection.closed;
    expect(connection.rest).toBe('');
  });
});

describe('the router', () => {
  const handler = (): WireAnswer => new WireAnswer(200, '{}');

  test('refuses the same method and path twice', () => {
    const router = new WireRouter();
    router.add({ method: 'GET', template: '/kv/:key', prefix: '/kv', api: DEFAULT_API, handler });
    expect(() => router.add({ method: 'GET', template: '/kv/:id', prefix: '/kv', api: DEFAULT_API, handler })).toThrow(
      'GET /kv/:id is declared twice',
    );
  });

  test('leaves external paths to Express for their methods alone', () => {
    const router = new WireRouter();
    router.addExternal('/docs', { subtree: true });
    router.addExternal('/docs-json');
    expect(router.match('GET', '/docs')).toEqual({ kind: 'express' });
    expect(router.match('HEAD', '/docs/a/b')).toEqual({ kind: 'express' });
    expect(router.match('GET', '/docs-json/x').kind).toBe('refusal');
    expect(router.match('PUT', '/docs').kind).toBe('refusal');
    expect(router.match('GET', '/docsx').kind).toBe('refusal');
  });
});
