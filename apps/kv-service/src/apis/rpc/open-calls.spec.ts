import { once } from 'node:events';
import {
  connect,
  createServer,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type Http2Server,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { status as Status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OpenCalls, type OpenCallsOptions } from './open-calls.js';

const MIB = 1024 * 1024;

describe('OpenCalls', () => {
  let server: Http2Server;
  let client: ClientHttp2Session;
  let calls: OpenCalls;
  let now: number;
  /** Streams that were handed on, by their path. */
  let served: Map<string, ServerHttp2Stream>;

  beforeEach(() => {
    now = 0;
    served = new Map();
    server = createServer();
    // As @grpc/grpc-js listens: what comes is taken.
    server.on('stream', (stream, headers) => {
      served.set(
        headers[':path']!,
        stream.on('data', () => undefined),
      );
      stream.on('error', () => undefined);
    });
  });

  afterEach(async () => {
    calls.close();
    client.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  async function listen(options: Partial<OpenCallsOptions> = {}, windowBytes?: number): Promise<void> {
    const defaults = { requestMs: 1000, stallMs: 1000, maxMessageBytes: MIB, maxArrivingBytes: 100 * MIB };
    calls = new OpenCalls(server, { ...defaults, maxWaitingBytes: 100 * MIB, now: () => now, ...options });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const settings = windowBytes === undefined ? {} : { initialWindowSize: windowBytes };
    client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { settings });
    client.on('error', () => undefined);
    await once(client, 'remoteSettings');
  }

  function call(
    path: string,
    encoding = 'identity',
  ): { stream: ClientHttp2Stream; status: Promise<string | undefined> } {
    const headers = { ':method': 'POST', ':path': path, 'grpc-encoding': encoding };
    const stream = client.request(headers, { endStream: false }).resume();
    const status = new Promise<string | undefined>((resolve) => {
      stream.once('response', (answer) => resolve(answer['grpc-status'] as string | undefined));
      stream.once('close', () => resolve(undefined));
      stream.on('error', () => undefined);
    });
    return { stream, status };
  }

  async function until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 1));
  }

  /** Until the server has seen all that was sent, and two turns have passed in which it looks at what has begun. */
  async function settled(): Promise<void> {
    for (let i = 0; i < 5; i++) await new Promise((resolve) => client.ping(resolve));
  }

  it('leaves a call alone that has until the last moment, and then refuses it', async () => {
    await listen();
    const late = call('/late');
    await settled();
    now = 999;
    calls.check();
    expect(served.get('/late')?.closed).toBe(false);
    now = 1000;
    calls.check();
    expect(await late.status).toBe(String(Status.DEADLINE_EXCEEDED));
  });

  it('tells nobody of the end of a request that it has refused', async () => {
    await listen();
    const late = call('/late');
    late.stream.write('whole, but for its end');
    await settled();
    let isTold = false;
    served.get('/late')!.on('end', () => (isTold = true));
    now = 1000;
    calls.check();
    await late.status;
    await until(() => served.get('/late')!.destroyed);
    await settled();
    expect(isTold).toBe(false);
  });

  it('counts what pieces take, not what is in them, and lets the oldest give way', async () => {
    await listen({ maxArrivingBytes: 150_000 });
    const first = call('/first');
    await settled();
    const second = call('/second');
    await settled();
    let sent = 0;
    for (; !served.get('/second')!.destroyed && sent < 1000; sent++) {
      second.stream.write('x');
      // Each in a frame of its own.
      await new Promise((resolve) => client.ping(resolve));
    }
    expect([await first.status, await second.status]).toEqual(Array(2).fill(String(Status.UNAVAILABLE)));
    expect(sent).toBeLessThan(500);
  });

  it('hands on only so many at once that are compressed', async () => {
    await listen({ maxArrivingBytes: 2 * MIB });
    const [first] = [call('/1', 'gzip'), call('/2', 'gzip'), call('/3', 'gzip'), call('/4')];
    await settled();
    expect([...served.keys()].sort()).toEqual(['/1', '/2', '/4']);
    first.stream.close();
    await until(() => served.has('/3'));
  });

  it('hands on what has come while others began, in whole', async () => {
    await listen();
    const streams = Array.from({ length: 500 }, (_, i) => call(`/${i}`).stream);
    for (const stream of streams) stream.end('all of it');
    await until(() => served.size === 500);
    const bytes = await Promise.all(
      [...served.values()].map(async (stream) => {
        if (!stream.readableEnded) await once(stream, 'end');
        return stream.readableLength;
      }),
    );
    expect(new Set(bytes)).toEqual(new Set([0]));
  });

  it('cuts a client that does not take its answer, and not one that is sent a little now and then', async () => {
    await listen();
    const idle = call('/idle');
    const watching = call('/watching');
    idle.stream.pause();
    for (const { stream } of [idle, watching]) stream.end();
    await settled();
    for (const stream of served.values()) stream.respond({ ':status': 200 });
    served.get('/idle')!.write(Buffer.alloc(MIB));
    for (const at of [0, 500, 999, 1000]) {
      const before = served.get('/idle')!.destroyed;
      expect(before).toBe(false);
      served.get('/watching')!.write('news');
      await settled();
      now = at;
      calls.check();
    }
    expect([served.get('/idle')!.destroyed, served.get('/watching')!.destroyed]).toEqual([true, false]);
  });

  it('when too much waits, cuts those that have taken nothing for the longest time', async () => {
    await listen({ maxWaitingBytes: 1.5 * MIB }, 0);
    for (const path of ['/first', '/second']) {
      call(path).stream.end();
      await settled();
      served.get(path)!.respond({ ':status': 200 });
      served.get(path)!.write(Buffer.alloc(MIB));
      await settled();
      calls.check();
      now += 10;
    }
    expect([served.get('/first')!.destroyed, served.get('/second')!.destroyed]).toEqual([true, false]);
  });
});
