import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { RawConnection } from '@kvasir/test-harness';
import { PlainConnections } from './plain-connections.js';
import type { PlainResponse } from './plain-response.js';

const BODY = 'x'.repeat(8_000_000);
const PLAIN = 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n';
const UPLOAD = `POST /upload HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nContent-Length: ${BODY.length}\r\n\r\n`;

/** What Node holds of a body before it reads no more; the default differs between its versions. */
const ROOM = 16_384;

/** That, and the pieces that were under way. */
const FEW_BYTES = 200_000;

describe('a connection that is handed over to Node', () => {
  let server: Server;
  let connection: RawConnection;
  let taken: Socket;
  /** Of the plain request that waits. */
  let response: PlainResponse;
  let plainArrived: Promise<void>;

  beforeEach(async () => {
    server = createServer({ highWaterMark: ROOM });
    let arrived: () => void;
    plainArrived = new Promise((resolve) => (arrived = resolve));
    const dispatcher = {
      dispatchPlain: (_request: unknown, of: PlainResponse) => {
        response = of;
        arrived();
        return true;
      },
      flush: () => {},
    };
    new PlainConnections(dispatcher, { keepAliveMs: 5000, stallMs: 5000, now: () => 0 }).takeFrom(server, 'connection');
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const atServer = once(server, 'connection') as Promise<[Socket]>;
    connection = await RawConnection.open((server.address() as AddressInfo).port);
    [taken] = await atServer;
  });

  afterEach(async () => {
    connection.destroy();
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });

  /** How much has been read when no more comes in a while: connections of others are served meanwhile. */
  async function bytesReadAtLast(): Promise<number> {
    let before = -1;
    while (before !== taken.bytesRead) {
      before = taken.bytesRead;
      for (let i = 0; i < 20; i++) {
        const served = once(server, 'connection') as Promise<[Socket]>;
        const other = await RawConnection.open((server.address() as AddressInfo).port);
        (await served)[0].destroy();
        await other.closed;
      }
    }
    return before;
  }

  async function bytesOf(request: IncomingMessage): Promise<number> {
    let bytes = 0;
    for await (const piece of request) bytes += (piece as Buffer).length;
    return bytes;
  }

  test('reads no more of a body than there is room for, until somebody takes it', async () => {
    const arrived = once(server, 'request') as Promise<[IncomingMessage]>;
    const sent = connection.send(UPLOAD + BODY);
    const [request] = await arrived;
    expect(await bytesReadAtLast()).toBeLessThan(FEW_BYTES);
    expect(await bytesOf(request)).toBe(BODY.length);
    await sent;
  });

  test('behind a plain request reads on only when Node’s HTTP has room', async () => {
    await connection.send(PLAIN);
    await plainArrived;
    // More than there is room for, and less than is held before no more is read.
    const first = BODY.slice(0, 50_000);
    await connection.send(UPLOAD + first);
    while (taken.bytesRead < PLAIN.length + UPLOAD.length + first.length) await new Promise(setImmediate);
    await new Promise(setImmediate);
    const arrived = once(server, 'request') as Promise<[IncomingMessage]>;
    const before = taken.bytesRead;
    response.writeHead(200, ['Content-Length', '0']);
    response.end();
    const [request] = await arrived;
    const sent = connection.send(BODY.slice(first.length));
    expect(await bytesReadAtLast()).toBe(before);
    expect(await bytesOf(request)).toBe(BODY.length);
    await sent;
  });
});
