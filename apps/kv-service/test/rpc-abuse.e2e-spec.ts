import { connect as connectHttp2, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { gzipSync } from 'node:zlib';
import { status as Status } from '@grpc/grpc-js';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { GrpcKvClient } from '@kvasir/client';
import { freePort, useTestServices, within, type ServiceProcess } from '@kvasir/test-harness';
import { openSockets, watchMemory } from './testing/abuse.js';
import {
  callHeaders,
  CONTINUATION,
  DATA,
  END_HEADERS,
  END_STREAM,
  frame,
  FrameConnection,
  type FrameConnectionOptions,
  header,
  headerFrames,
  HEADERS,
  messagePrefix,
  PING,
  PRIORITY,
  RST_STREAM,
  SETTINGS,
  times,
  WINDOW_UPDATE,
} from './testing/http2-frames.js';
import { BehavingRpcClient } from './testing/rpc-abuse.js';

const services = useTestServices();

const MIB = 1024 * 1024;
const REQUEST_MS = 800;
const STALL_MS = 1000;
const PING_MS = 500;
/** How often the service looks for what is late. */
const CHECK_MS = 250;
/** What a busy machine may add to a time. */
const SLACK_MS = 5000;
/** MAX_BODIES_BYTES: what requests may take while they arrive. */
const ARRIVING = 32 * MIB;
/** The longest message. */
const LONGEST = 1_048_576 + 65_536;

let service: ServiceProcess;
let port: number;
let idleSockets: number;
let behaving: BehavingRpcClient;
const opened: { destroy(): void }[] = [];

beforeAll(async () => {
  port = await freePort();
  service = await services.start({
    env: {
      STORE: 'memory',
      GRPC_PORT: String(port),
      REQUEST_TIMEOUT_MS: String(REQUEST_MS),
      STALL_TIMEOUT_MS: String(STALL_MS),
      KEEP_ALIVE_TIMEOUT_MS: String(PING_MS),
      MAX_BODIES_BYTES: String(ARRIVING),
    },
  });
  idleSockets = openSockets(service);
});

beforeEach(() => {
  behaving = new BehavingRpcClient(port);
});

// Whatever was done: who behaves was served, and nothing of the others is left.
afterEach(async () => {
  await behaving.stop();
  for (const connection of opened.splice(0)) connection.destroy();
  expect(behaving.failures).toEqual([]);
  expect(behaving.slowestMs).toBeLessThan(SLACK_MS);
  await until(() => openSockets(service) <= idleSockets);
  expect(service.troubles).toEqual([]);
});

/** Lets others have their turn until something is so, or it is late. */
async function until(isSo: () => boolean, ms = SLACK_MS): Promise<void> {
  for (const deadline = performance.now() + ms; !isSo();) {
    if (performance.now() > deadline) throw new Error(`it was not so within ${ms} ms: ${isSo.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function connect(): ClientHttp2Session {
  // In MB: what waits to be sent must not end its calls.
  const session = connectHttp2(`http://127.0.0.1:${port}`, { maxSessionMemory: 1000 });
  session.on('error', () => session.destroy());
  opened.push(session);
  return session;
}

async function openFrames(options?: FrameConnectionOptions): Promise<FrameConnection> {
  const connection = await FrameConnection.open(port, options);
  opened.push(connection);
  return connection;
}

/** What came of a call. */
interface Ended {
  /** gRPC's; undefined when there was none. */
  readonly code: number | undefined;
  readonly message: string;
  /** Milliseconds from its headers to its end. */
  readonly ms: number;
}

/** Makes a call whose request is sent by `send`, which need not end it. */
function call(
  session: ClientHttp2Session,
  send: (stream: ClientHttp2Stream) => void,
  encoding?: string,
): Promise<Ended> {
  return new Promise((resolve) => {
    const startedAt = performance.now();
    const path = '/keyvalue.KeyValueService/Set';
    const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' };
    const stream = session.request(encoding === undefined ? headers : { ...headers, 'grpc-encoding': encoding }, {
      endStream: false,
    });
    let code: number | undefined;
    let message = '';
    const note = (answer: object): void => {
      const { 'grpc-status': status, 'grpc-message': text = '' } = answer as Record<string, string | undefined>;
      if (status === undefined) return;
      code = Number(status);
      message = decodeURI(text);
    };
    stream.on('response', note).on('trailers', note).resume();
    // Cut is cut, with an error or without.
    stream.on('error', () => undefined);
    stream.on('close', () => resolve({ code, message, ms: performance.now() - startedAt }));
    send(stream);
  });
}

const codesOf = (ended: readonly Ended[]): Set<number | undefined> => new Set(ended.map(({ code }) => code));

describe('messages that never end', () => {
  it.each([
    ['nothing', (): void => undefined],
    [
      'half of it',
      (stream: ClientHttp2Stream) => void stream.write(Buffer.concat([messagePrefix(10), Buffer.alloc(5)])),
    ],
    ['its length alone', (stream: ClientHttp2Stream) => void stream.write(messagePrefix(10))],
    [
      'a byte at a time',
      (stream: ClientHttp2Stream) => {
        stream.write(messagePrefix(100_000));
        const timer = setInterval(() => stream.write(Buffer.alloc(1)), 20);
        stream.once('close', () => clearInterval(timer));
      },
    ],
    [
      'all of it, and not that it was all',
      (stream: ClientHttp2Stream) =>
        void stream.write(Buffer.concat([messagePrefix(6), Buffer.from('0a016e120176', 'hex')])),
    ],
  ])('who sends %s gets DEADLINE_EXCEEDED after REQUEST_TIMEOUT_MS, and its other calls go on', async (_, send) => {
    const session = connect();
    const ended = await within(
      REQUEST_MS + SLACK_MS,
      Promise.all(Array.from({ length: 200 }, () => call(session, send))),
      () => 'the calls did not end',
    );
    expect(codesOf(ended)).toEqual(new Set([Status.DEADLINE_EXCEEDED]));
    expect(ended[0]?.message).toMatch(/did not come whole in time; nothing was done/);
    expect(Math.min(...ended.map(({ ms }) => ms))).toBeGreaterThan(REQUEST_MS - CHECK_MS);
    const whole = Buffer.concat([messagePrefix(6), Buffer.from('0a0177120176', 'hex')]);
    expect((await call(session, (stream) => void stream.end(whole))).code).toBe(Status.OK);
    expect((await service.http.get('/kv/n')).status).toBe(404);
  });

  it('together hold no more than MAX_BODIES_BYTES: who began first gives way with UNAVAILABLE', async () => {
    const grownMiB = watchMemory(service);
    const sessions = Array.from({ length: 4 }, connect);
    const half = Buffer.concat([messagePrefix(1_000_000), Buffer.alloc(900_000)]);
    const ended = await within(
      REQUEST_MS + 2 * SLACK_MS,
      Promise.all(
        sessions.flatMap((session) =>
          Array.from({ length: 50 }, () => call(session, (stream) => void stream.write(half))),
        ),
      ),
      () => 'the calls did not end',
    );
    expect(codesOf(ended)).toContain(Status.UNAVAILABLE);
    expect(ended.find(({ code }) => code === Status.UNAVAILABLE)?.message).toMatch(/too many are arriving; try again/);
    // Kept, they would take 180 MB. Beside what is counted there is what waits to be collected.
    expect(grownMiB()).toBeLessThan(120);
  });
});

describe('messages that are too much', () => {
  it('one that is too long is RESOURCE_EXHAUSTED at its length, and what goes on behind it is cut', async () => {
    const grownMiB = watchMemory(service);
    const session = connect();
    const ended = await within(
      SLACK_MS,
      Promise.all(
        Array.from({ length: 20 }, () =>
          call(session, (stream) => {
            stream.write(messagePrefix(LONGEST + 1));
            const timer = setInterval(() => stream.write(Buffer.alloc(60_000)), 5);
            stream.once('close', () => clearInterval(timer));
          }),
        ),
      ),
      () => 'the calls did not end',
    );
    expect(codesOf(ended)).toEqual(new Set([Status.RESOURCE_EXHAUSTED]));
    expect(grownMiB()).toBeLessThan(60);
  });

  it('bombs of gzip are RESOURCE_EXHAUSTED where they pass the limit', async () => {
    const bomb = gzipSync(Buffer.alloc(100 * MIB));
    const message = Buffer.concat([messagePrefix(bomb.length, true), bomb]);
    const grownMiB = watchMemory(service);
    const session = connect();
    const send = (stream: ClientHttp2Stream): void => void stream.end(message);
    const ended = await Promise.all(Array.from({ length: 20 }, () => call(session, send, 'gzip')));
    expect(codesOf(ended)).toEqual(new Set([Status.RESOURCE_EXHAUSTED]));
    expect(grownMiB()).toBeLessThan(100);
  });

  it('those of gzip that stay below it are unpacked in no more memory than MAX_BODIES_BYTES', async () => {
    const packed = gzipSync(Buffer.alloc(LONGEST - 100));
    const message = Buffer.concat([messagePrefix(packed.length, true), packed]);
    const grownMiB = watchMemory(service);
    const sessions = Array.from({ length: 4 }, connect);
    const send = (stream: ClientHttp2Stream): void => void stream.end(message);
    const ended = await Promise.all(
      sessions.flatMap((session) => Array.from({ length: 200 }, () => call(session, send, 'gzip'))),
    );
    // Zeros are no message. Whose turn does not come in time is late, or gives way.
    const codes = codesOf(ended);
    expect(codes).toContain(Status.INVALID_ARGUMENT);
    for (const code of [Status.INVALID_ARGUMENT, Status.DEADLINE_EXCEEDED, Status.UNAVAILABLE]) codes.delete(code);
    expect(codes).toEqual(new Set());
    // 800 of them at once would take 800 MB.
    expect(grownMiB()).toBeLessThan(300);
  });
});

describe('answers that nobody takes', () => {
  const NO_WINDOW = Buffer.from([0, 4, 0, 0, 0, 0]);
  const get = (stream: number): Buffer =>
    Buffer.concat([
      frame(HEADERS, END_HEADERS, stream, callHeaders('Get')),
      frame(DATA, END_STREAM, stream, Buffer.concat([messagePrefix(5), Buffer.from('0a03626967', 'hex')])),
    ]);

  beforeAll(async () => {
    const client = new GrpcKvClient(`127.0.0.1:${port}`);
    await client.set('big', 'v'.repeat(1_000_000));
    client.close();
  });

  it('are cut after STALL_TIMEOUT_MS, and hold a bounded memory before that', async () => {
    const grownMiB = watchMemory(service);
    // 100 calls a connection: 1 GB of answers.
    const connections = await Promise.all(
      Array.from({ length: 10 }, () => openFrames({ settings: NO_WINDOW, answersPings: true })),
    );
    for (let i = 0; i < 100; i++) {
      const request = get(2 * i + 1);
      await Promise.all(connections.map((connection) => connection.send(request)));
    }
    const resets = (): number => connections.reduce((sum, connection) => sum + connection.resets, 0);
    await until(() => resets() >= 1000, STALL_MS + 4 * SLACK_MS);
    expect(connections.filter(({ isClosed }) => isClosed)).toEqual([]);
    // 256 MiB may wait, and more than as much again before it is looked at and collected.
    expect(grownMiB()).toBeLessThan(850);
  });
});

describe('floods of frames', () => {
  const call1 = callHeaders('Set');

  it.each<[string, (connection: FrameConnection) => Promise<void>]>([
    [
      'calls that are reset at once',
      async (connection) => {
        for (let i = 0; i < 20_000 && !connection.isClosed; i += 100) {
          const calls = Array.from({ length: 100 }, (_, k) => [
            frame(HEADERS, END_HEADERS, 2 * (i + k) + 1, call1),
            frame(RST_STREAM, 0, 2 * (i + k) + 1, Buffer.from([0, 0, 0, 8])),
          ]);
          await connection.send(Buffer.concat(calls.flat()));
        }
      },
    ],
    [
      'headers that never end',
      async (connection) => {
        await connection.send(frame(HEADERS, 0, 1, call1));
        const more = frame(CONTINUATION, 0, 1, header('x-more', 'x'.repeat(100)));
        for (let i = 0; i < 200 && !connection.isClosed; i++) await connection.send(times(100, more));
      },
    ],
    [
      'headers that are cut off in their midst',
      async (connection) => {
        await connection.send(frame(HEADERS, 0, 1, call1));
      },
    ],
    [
      'headers of 300 KB',
      async (connection) => {
        await connection.send(headerFrames(1, callHeaders('Set', { 'x-big': 'x'.repeat(300_000) })));
      },
    ],
    [
      'three times as many calls at once as it may make',
      async (connection) => {
        for (let i = 0; i < 3000; i++) await connection.send(frame(HEADERS, END_HEADERS, 2 * i + 1, call1));
      },
    ],
    [
      'pings',
      async (connection) => {
        const pings = times(1000, frame(PING, 0, 0, Buffer.alloc(8)));
        for (let i = 0; i < 500 && !connection.isClosed; i++) await connection.send(pings);
      },
    ],
    [
      'pings whose answers are not read',
      async (connection) => {
        connection.socket.pause();
        const pings = times(1000, frame(PING, 0, 0, Buffer.alloc(8)));
        for (let i = 0; i < 500 && !connection.isClosed; i++) await connection.send(pings);
      },
    ],
    [
      'settings',
      async (connection) => {
        const settings = times(1000, frame(SETTINGS, 0, 0));
        for (let i = 0; i < 500 && !connection.isClosed; i++) await connection.send(settings);
      },
    ],
    [
      'empty data',
      async (connection) => {
        await connection.send(frame(HEADERS, END_HEADERS, 1, call1));
        const empty = times(1000, frame(DATA, 0, 1));
        for (let i = 0; i < 500 && !connection.isClosed; i++) await connection.send(empty);
      },
    ],
    [
      'priorities and windows',
      async (connection) => {
        const pair = [
          frame(PRIORITY, 0, 1, Buffer.from([0, 0, 0, 3, 1])),
          frame(WINDOW_UPDATE, 0, 0, Buffer.from([0, 0, 0, 1])),
        ];
        for (let i = 0; i < 100 && !connection.isClosed; i++) await connection.send(times(1000, Buffer.concat(pair)));
      },
    ],
  ])('%s: end with the connection, in bounded memory', async (_, flood) => {
    const grownMiB = watchMemory(service);
    const connections = await Promise.all(Array.from({ length: 5 }, () => openFrames()));
    await Promise.all(connections.map(flood));
    // At the latest it does not answer a ping.
    await within(
      PING_MS + STALL_MS + SLACK_MS,
      Promise.all(connections.map(({ closed }) => closed)),
      () => 'the connections were not closed',
    );
    expect(grownMiB()).toBeLessThan(100);
  });
});
