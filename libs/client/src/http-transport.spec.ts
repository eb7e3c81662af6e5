import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, describe, expect, it } from '@jest/globals';
import { rawAnswer, useRawServers, type RawHandler } from '@kvasir/test-harness';
import { HttpTransport, type HttpTransportOptions } from './http-transport.js';

const listen = useRawServers();
const transports: HttpTransport[] = [];

afterAll(async () => {
  await Promise.all(transports.map((transport) => transport.close()));
});

function transportTo(url: string, options?: HttpTransportOptions): HttpTransport {
  const transport = new HttpTransport(url, options);
  transports.push(transport);
  return transport;
}

async function serve(handler: RawHandler, options?: HttpTransportOptions) {
  const server = await listen(handler);
  return { server, transport: transportTo(server.url, options) };
}

/** Answers with each of these in turn, and with the last one from then on. Undefined closes the connection. */
function inTurn(...answers: (string | undefined)[]): RawHandler {
  let at = 0;
  return (_request, socket) => {
    const answer = answers[Math.min(at++, answers.length - 1)];
    if (answer === undefined) socket.end();
    else socket.write(answer);
  };
}

const GET = { method: 'GET', path: '/kv/a' } as const;
const PUT = { method: 'PUT', path: '/kv/a', body: '{"value":1}' } as const;

describe('an answer', () => {
  it('comes with its status, headers and body, whatever the status', async () => {
    const { transport } = await serve(inTurn(rawAnswer(418, 'ärger', { 'X-A': '1', 'x-a': '2' })));
    expect(await transport.send(GET)).toEqual({
      status: 418,
      headers: { 'content-length': '6', 'x-a': '1, 2' },
      body: Buffer.from('ärger'),
      text: 'ärger',
      truncated: false,
    });
  });

  it('is asked for with the API key, and without one when there is none', async () => {
    for (const [apiKey, sent] of [
      ['k-1', 'k-1'],
      [undefined, undefined],
    ] as const) {
      const { server, transport } = await serve(inTurn(rawAnswer(200, '')), { apiKey });
      await transport.send(GET);
      await transport.send(PUT);
      expect(server.requests.map(({ headers }) => headers['x-api-key'])).toEqual([sent, sent]);
    }
    for (const apiKey of ['', 'two words', 'line\r\nbreak', 'schl\u00fcssel']) {
      expect(() => transportTo('http://localhost', { apiKey })).toThrow(
        /^the API key is empty, or holds something else/,
      );
    }
  });

  it('is a redirect when the service redirects: it is not followed', async () => {
    const { server: target } = await serve(inTurn(rawAnswer(200, 'elsewhere')));
    const { transport } = await serve(inTurn(rawAnswer(302, '', { Location: target.url })));
    expect(await transport.send(GET)).toMatchObject({ status: 302, headers: { location: target.url } });
    expect(target.requests).toEqual([]);
  });

  it('is cut off past the limit, and its connection closed', async () => {
    const { server, transport } = await serve(inTurn(rawAnswer(200, '0123456789')), { maxAnswerBytes: 4 });
    expect(await transport.send(GET)).toMatchObject({ text: '0123', truncated: true });
    await transport.send(GET);
    expect(server.connections).toBe(2);
  });

  it('is whole at the limit', async () => {
    const { transport } = await serve(inTurn(rawAnswer(200, '0123')), { maxAnswerBytes: 4 });
    expect(await transport.send(GET)).toMatchObject({ text: '0123', truncated: false });
  });
});

describe('a request', () => {
  it('carries its body as JSON, and its path as it is', async () => {
    const { server, transport } = await serve(inTurn(rawAnswer(200, '')));
    await transport.send({ ...PUT, path: '/kv/%2E%2e/a%2Fb?x=%20' });
    expect(server.requests).toMatchObject([
      { method: 'PUT', path: '/kv/%2E%2e/a%2Fb?x=%20', body: '{"value":1}', headers: { 'content-length': '11' } },
    ]);
    expect(server.requests[0]?.headers['content-type']).toBe('application/json');
  });

  it('has no content type without a body', async () => {
    const { server, transport } = await serve(inTurn(rawAnswer(200, '')));
    await transport.send(GET);
    expect(server.requests[0]?.headers['content-type']).toBeUndefined();
  });

  it('goes over a connection that is kept alive', async () => {
    const { server, transport } = await serve(inTurn(rawAnswer(200, 'a')), { connections: 1 });
    await transport.send(GET);
    await transport.send(PUT);
    await transport.send(GET);
    expect([server.connections, server.requests.length]).toEqual([1, 3]);
  });

  it('waits when all connections are busy', async () => {
    const { server, transport } = await serve(inTurn(rawAnswer(200, 'a')), { connections: 2 });
    await Promise.all(Array.from({ length: 20 }, () => transport.send(GET)));
    expect([server.connections, server.requests.length]).toEqual([2, 20]);
  });
});

describe('a call that fails', () => {
  it('says what the connection says when nobody listens, and that nothing can have arrived', async () => {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as AddressInfo;
    probe.close();
    await once(probe, 'close');
    await expect(transportTo(`http://127.0.0.1:${port}`).send(PUT)).rejects.toMatchObject({
      name: 'ConnectionFailedError',
      code: 'CONNECTION_FAILED',
      message: `connect ECONNREFUSED 127.0.0.1:${port}`,
      mayHaveArrived: false,
    });
  });

  it('says that the request may have arrived when the connection breaks later', async () => {
    const { transport } = await serve(inTurn(undefined));
    await expect(transport.send(PUT)).rejects.toMatchObject({ message: 'other side closed', mayHaveArrived: true });
  });

  it.each([
    ['no answer comes', ''],
    ['the answer stops in its midst', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc'],
  ])('has timed out when %s', async (_that, answer) => {
    const { transport } = await serve(inTurn(answer), { timeoutMs: 50 });
    await expect(transport.send(GET)).rejects.toMatchObject({
      name: 'TimedOutError',
      code: 'TIMED_OUT',
      timeoutMs: 50,
    });
    await expect(transport.send(GET, { timeoutMs: 20 })).rejects.toThrow('no whole answer within 20 ms');
  });

  it('fails with the reason of its own signal', async () => {
    const { transport } = await serve(inTurn(''));
    const reason = new Error('enough');
    await expect(transport.send(GET, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('fails when the client is closed', async () => {
    const { transport } = await serve((_request, socket) => {
      void transport.close();
      socket.unref();
    });
    await expect(transport.send(PUT)).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
  });
});

describe('retries', () => {
  it('repeat a GET after a broken connection and after a 503', async () => {
    const { server, transport } = await serve(inTurn(undefined, rawAnswer(503, 'busy'), rawAnswer(200, 'ok')));
    expect(await transport.send(GET)).toMatchObject({ status: 200, text: 'ok' });
    expect(server.requests).toHaveLength(3);
  });

  it('end with the last answer or error', async () => {
    const { transport, server } = await serve(inTurn(rawAnswer(503, 'busy')), { retries: 1 });
    expect(await transport.send(GET)).toMatchObject({ status: 503, text: 'busy' });
    expect(server.requests).toHaveLength(2);
  });

  it.each(['PUT', 'POST', 'DELETE'] as const)('never repeat a %s whose answer was lost', async (method) => {
    const { server, transport } = await serve(inTurn(undefined, rawAnswer(200, 'ok')));
    await expect(transport.send({ method, path: '/kv/a', body: '{}' })).rejects.toThrow('other side closed');
    expect(await transport.send({ method, path: '/kv/a', body: '{}' })).toMatchObject({ status: 200 });
    expect(server.requests).toHaveLength(2);
  });

  it('never repeat what was refused', async () => {
    const { server, transport } = await serve(inTurn(rawAnswer(500, 'no')));
    expect(await transport.send(GET)).toMatchObject({ status: 500 });
    expect(server.requests).toHaveLength(1);
  });

  it('end when the time is used up', async () => {
    const { transport } = await serve(inTurn(undefined), { retries: 100, timeoutMs: 300 });
    await expect(transport.send(GET)).rejects.toMatchObject({ code: 'TIMED_OUT' });
  });
});

describe('the address', () => {
  it('may have a path, which comes before every request', async () => {
    const { server } = await serve(inTurn(rawAnswer(200, '')));
    const transport = transportTo(`${server.url}/base/`);
    await transport.send(GET);
    expect(transport.url).toBe(`${server.url}/base`);
    expect(server.requests[0]?.path).toBe('/base/kv/a');
  });

  it.each([
    ['localhost', /no URL/],
    ['ftp://host', /begins with ftp:/],
    ['http://user:secret@host', /user name or password/],
    ['http://host/?a', /query or a fragment/],
    ['http://host/#a', /query or a fragment/],
  ])('%s is refused', (url, message) => {
    expect(() => new HttpTransport(url)).toThrow(message);
    expect(() => new HttpTransport(url)).not.toThrow(/secret/);
  });

  it.each([{ timeoutMs: 0 }, { timeoutMs: 2 ** 31 }, { retries: -1 }, { maxAnswerBytes: 0.5 }, { connections: 0 }])(
    'goes with options in their bounds, not with %j',
    (options) => {
      expect(() => new HttpTransport('http://host', options)).toThrow(RangeError);
    },
  );
});
