import { once } from 'node:events';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { status as Status } from '@grpc/grpc-js';
import { afterAll, describe, expect, it } from '@jest/globals';
import { GrpcKvClient } from '@kvasir/client';
import { freePort, HttpClient, TestAuthority, useTestServices, within } from '@kvasir/test-harness';
import { attack } from './testing/abuse.js';

const services = useTestServices();
const opened: { destroy(): void }[] = [];
afterAll(() => opened.forEach((connection) => connection.destroy()));

const HEADERS_MS = 300;
const PING_MS = 200;
const STALL_MS = 300;
/** What a busy machine may add to a time. */
const SLACK_MS = 5000;

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const EMPTY_SETTINGS = '\0\0\0\x04\0\0\0\0\0';

async function start(env: Readonly<Record<string, string>>): Promise<{ port: number; httpPort: number }> {
  const port = await freePort();
  const service = await services.start({ env: { STORE: 'memory', GRPC_PORT: String(port), ...env } });
  return { port, httpPort: service.port };
}

function http2Client(port: number): ClientHttp2Session {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  session.on('error', () => session.destroy());
  opened.push(session);
  return session;
}

function kvClient(...args: ConstructorParameters<typeof GrpcKvClient>): GrpcKvClient {
  const client = new GrpcKvClient(...args);
  opened.push({ destroy: () => client.close() });
  return client;
}

/** The service learns a moment later than its client that a connection is closed. */
async function untilServed(port: number): Promise<void> {
  const session = http2Client(port);
  const isServed = await new Promise<boolean>((resolve) => {
    session.once('remoteSettings', () => resolve(true));
    session.once('close', () => resolve(false));
  });
  if (!isServed) await untilServed(port);
}

function closed(socket: Socket): Promise<void> {
  const gone = new Promise<void>((resolve) => void socket.once('close', () => resolve()));
  return within(SLACK_MS, gone, () => 'the connection was not closed');
}

describe('gRPC clients that are slow', () => {
  it.each([
    ['says nothing', ''],
    ['sends half a preface', PREFACE.slice(0, 12)],
    ['sends the preface and no settings', PREFACE],
  ])('who %s is cut off after HEADERS_TIMEOUT_MS, and others are served', async (_, bytes) => {
    const { port } = await start({ HEADERS_TIMEOUT_MS: String(HEADERS_MS) });
    const client = kvClient(`127.0.0.1:${port}`);
    await client.set('k', 'v');
    const idle = http2Client(port);
    await once(idle, 'remoteSettings');
    const { ms } = await within(
      HEADERS_MS + SLACK_MS,
      attack(port, (socket) => void socket.write(bytes, 'latin1')),
      () => 'the connection was not closed',
    );
    expect(ms).toBeGreaterThan(HEADERS_MS / 2);
    expect(idle.destroyed).toBe(false);
    expect(await client.get('k')).toBe('v');
  });

  it('who does not end its TLS handshake, or says nothing behind it, is cut off after HEADERS_TIMEOUT_MS', async () => {
    const authority = await TestAuthority.make();
    const tls = await authority.settings(services.directory());
    const { port } = await start({ ...tls, HEADERS_TIMEOUT_MS: String(HEADERS_MS) });
    const own = { ...(await authority.issue()), ca: authority.ca };
    const client = kvClient(`localhost:${port}`, { tls: own });
    await client.set('k', 'v');
    const silent = connect(port, '127.0.0.1');
    const mute = connectTls({ port, host: '127.0.0.1', ALPNProtocols: ['h2'], ...own });
    for (const socket of [silent, mute]) {
      opened.push(socket);
      socket.on('error', () => socket.destroy());
      socket.resume();
    }
    await Promise.all([closed(silent), closed(mute)]);
    expect(mute.alpnProtocol).toBe('h2');
    expect(await client.get('k')).toBe('v');
  });

  it('who does not answer pings is cut off, and who is idle and answers them stays', async () => {
    const { port } = await start({ KEEP_ALIVE_TIMEOUT_MS: String(PING_MS), STALL_TIMEOUT_MS: String(STALL_MS) });
    const idle = http2Client(port);
    await once(idle, 'remoteSettings');
    const client = kvClient(`127.0.0.1:${port}`);
    await client.set('k', 'v');
    for (let i = 0; i < 2; i++) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other: the time that passes meanwhile is what the idle ones are tried with
      await within(
        PING_MS + STALL_MS + SLACK_MS,
        attack(port, (socket) => void socket.write(PREFACE + EMPTY_SETTINGS, 'latin1')),
        () => 'the connection was not closed',
      );
    }
    expect(idle.destroyed).toBe(false);
    expect(await client.get('k')).toBe('v');
  });
});

describe('a host name to listen on', () => {
  it('is its first address, for gRPC as for HTTP', async () => {
    // A name with two addresses.
    const module = `
      import dns from 'node:dns';
      const { lookup } = dns;
      const two = ['127.0.0.2', '127.0.0.1'].map((address) => ({ address, family: 4 }));
      dns.lookup = (host, options, done = options) => {
        if (host !== 'two.test') lookup(host, options, done);
        // Node.js 24 asks for all of them.
        else if (options.all) done(null, two);
        else done(null, two[0].address, two[0].family);
      };`;
    const port = await freePort();
    const service = await services.start({
      env: { STORE: 'memory', HOST: 'two.test', GRPC_HOST: 'two.test', GRPC_PORT: String(port) },
      nodeFlags: ['--import', `data:text/javascript,${encodeURIComponent(module)}`],
    });
    const listens = (host: string, at: number): Promise<boolean> =>
      new Promise((resolve) => {
        const socket = connect({ host, port: at });
        socket.once('error', () => resolve(false));
        socket.once('connect', () => {
          socket.destroy();
          resolve(true);
        });
      });
    for (const at of [service.port, port])
      expect([at, await listens('127.0.0.2', at), await listens('127.0.0.1', at)]).toEqual([at, true, false]);
  });
});

describe('MAX_CONNECTIONS', () => {
  it('holds for the port of gRPC too, which has a count of its own', async () => {
    const { port, httpPort } = await start({ MAX_CONNECTIONS: '2' });
    const first = http2Client(port);
    const second = http2Client(port);
    await Promise.all([once(first, 'remoteSettings'), once(second, 'remoteSettings')]);
    const { answers } = await within(
      SLACK_MS,
      attack(port, () => {}),
      () => 'the third connection was not closed',
    );
    expect(answers).toBe(0);
    expect([first.destroyed, second.destroyed]).toEqual([false, false]);
    const http = new HttpClient(httpPort);
    expect((await http.get('/health')).status).toBe(200);
    http.close();
    first.destroy();
    await within(SLACK_MS, untilServed(port), () => 'the place of the first connection was not free');
  });

  it('is also how many may watch the health at once', async () => {
    const { port } = await start({ MAX_CONNECTIONS: '2' });
    const session = http2Client(port);
    const watch = (): Promise<string | undefined> =>
      new Promise((resolve) => {
        const path = '/grpc.health.v1.Health/Watch';
        const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc' });
        stream.once('response', ({ 'grpc-status': status }) => resolve(status as string | undefined)).resume();
        stream.end(Buffer.alloc(5));
      });
    expect([await watch(), await watch()]).toEqual([undefined, undefined]);
    expect(await watch()).toBe(String(Status.RESOURCE_EXHAUSTED));
  });
});
