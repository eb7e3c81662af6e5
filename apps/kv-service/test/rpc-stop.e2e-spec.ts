import { once } from 'node:events';
import { connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2';
import { connect } from 'node:net';
import { afterAll, describe, expect, it } from '@jest/globals';
import { freePort, useTestServices, type ServiceProcess } from '@kvasir/test-harness';

const services = useTestServices();
const opened: { destroy(): void }[] = [];
afterAll(() => opened.forEach((connection) => connection.destroy()));

/** The preface of HTTP/2, and empty settings. */
const GREETING = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0';
/** A quarter of it is left when clients are cut off. */
const SHUTDOWN_TIMEOUT_MS = '4000';

/** Makes every server of HTTP/2 close its sessions when it is closed, as that of Node.js 24 does and those before do not. */
const CLOSING_SESSIONS = `
  import http2 from 'node:http2';
  const { createServer } = http2;
  http2.createServer = (...args) => {
    const server = createServer(...args);
    const sessions = new Set();
    server.on('session', (session) => sessions.add(session));
    const { close } = server;
    server.close = (listener) => {
      close.call(server, listener);
      for (const session of sessions) session.close();
    };
    return server;
  };`;

async function start(nodeFlags: string[] = []): Promise<{ service: ServiceProcess; port: number }> {
  const port = await freePort();
  const env = { GRPC_PORT: String(port), SHUTDOWN_TIMEOUT_MS };
  return { service: await services.start({ env, nodeFlags }), port };
}

describe('a stop of the gRPC side', () => {
  it.each([
    ['as the server of HTTP/2 is', []],
    [
      'when that closes its sessions by itself',
      ['--import', `data:text/javascript,${encodeURIComponent(CLOSING_SESSIONS)}`],
    ],
  ])('answers a call whose request had begun, %s', async (_, nodeFlags) => {
    const { service, port } = await start(nodeFlags);
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    opened.push(session);
    const stream = session.request({
      ':method': 'POST',
      ':path': '/keyvalue.KeyValueService/Set',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const ended = new Promise<IncomingHttpHeaders | undefined>((resolve) => {
      stream.on('trailers', resolve).on('close', () => resolve(undefined));
      stream.on('error', () => undefined).resume();
    });
    const request = Buffer.from('00000000060a016b120176', 'hex');
    await new Promise<void>((sent) => stream.write(request.subarray(0, -1), () => sent()));
    // It is answered when what was sent before it has arrived.
    await new Promise((resolve) => session.ping(resolve));
    const stopped = service.stop();
    await once(session, 'goaway');
    stream.end(request.subarray(-1));
    expect(await ended).toMatchObject({ 'grpc-status': '0' });
    expect(await stopped).toMatchObject({ code: 0, stderr: '' });
    const again = await services.start({ directory: service.directory });
    expect((await again.http.get('/kv/k')).text).toBe('{"value":"v"}');
  });

  it('cuts off a client that has nothing to wait for, and does not end its side of the connection', async () => {
    const { service, port } = await start();
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    opened.push(socket);
    socket.on('error', () => undefined);
    socket.write(GREETING, 'latin1');
    await once(socket, 'data');
    socket.resume();
    const exit = await service.stop();
    expect([exit.code, service.troubles]).toEqual([0, []]);
  });
});
