import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { RawConnection, type RawResponse } from '@kvasir/test-harness';
import { WAYS } from './testing/every-way.js';
import { startToyApp, type ToyApp } from './testing/toy-app.js';

const HEAD = 'POST /upload HTTP/1.1\r\nHost: localhost\r\n';
const TYPE = 'Content-Type: application/x-toy\r\n';

describe.each(WAYS)('a route that streams its body, %s,', (_name, way) => {
  let toy: ToyApp;
  let connection: RawConnection;

  beforeEach(async () => {
    toy = await startToyApp({
      ...way,
      timeouts: { headersMs: 300, requestMs: 300, checkIntervalMs: 50, lingerMs: 300 },
    });
    connection = await RawConnection.open(toy.port);
  });

  afterEach(async () => {
    connection.destroy();
    await toy.app.close();
  });

  async function post(headers: string, body: string): Promise<RawResponse> {
    await connection.send(`${HEAD}${headers}Content-Length: ${body.length}\r\n\r\n${body}`);
    return connection.next();
  }

  it('takes more than the limit of bodies, and the connection goes on', async () => {
    for (let i = 0; i < 2; i++) {
      const { status, body } = await post(TYPE, 'x'.repeat(500_000));
      expect([status, JSON.parse(body)]).toEqual([200, { bytes: 500_000, body: 0 }]);
    }
  });

  it('takes a body behind a target that is not encoded', async () => {
    await connection.send(
      `POST /upload?name=\u00c3\u00a9 HTTP/1.1\r\nHost: localhost\r\n${TYPE}Content-Length: 2\r\n\r\n12`,
    );
    const { status, body } = await connection.next();
    expect([status, JSON.parse(body)]).toEqual([200, { bytes: 2, body: 0 }]);
  });

  it('takes chunks, and no body at all', async () => {
    await connection.send(`${HEAD}${TYPE}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n`);
    expect(JSON.parse((await connection.next()).body)).toEqual({ bytes: 5, body: 0 });
    expect(JSON.parse((await post('', '')).body)).toEqual({ bytes: 0, body: 0 });
  });

  it.each(['', 'Content-Type: application/json\r\n', `${TYPE}Content-Encoding: gzip\r\n`])(
    'is a 415 with the headers %j',
    async (headers) => {
      expect((await post(headers, 'x')).status).toBe(415);
    },
  );

  it('is not cut off by the time limit of requests as long as something comes; another route is', async () => {
    await connection.send(`${HEAD}${TYPE}Content-Length: 2\r\n\r\n1`);
    await toy.state.entered.opened;
    const other = await RawConnection.open(toy.port);
    await other.send(
      'PUT /kv/x HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n1',
    );
    // The limit is over, and was looked at, when the other one is answered.
    expect((await other.next()).status).toBe(408);
    await connection.send('2');
    expect(JSON.parse((await connection.next()).body)).toEqual({ bytes: 2, body: 0 });
    other.destroy();
  });

  it('asks for the body only when it is read', async () => {
    await connection.send(`${HEAD}${TYPE}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n`);
    expect((await connection.next()).status).toBe(100);
    await connection.send('12');
    expect((await connection.next()).status).toBe(200);
    const refused = await RawConnection.open(toy.port);
    await refused.send(`${HEAD}${TYPE}X-Refuse: at once\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n`);
    expect((await refused.next()).status).toBe(403);
    refused.destroy();
  });

  it('can be refused midway: the answer comes, and then the connection ends', async () => {
    await connection.send(`${HEAD}${TYPE}X-Refuse: midway\r\nContent-Length: 200000\r\n\r\n${'x'.repeat(1000)}`);
    const { status, headers } = await connection.next();
    expect([status, headers]).toEqual([409, expect.anything()]);
    await connection.closed;
  });

  it('is nobody to answer when the client goes away', async () => {
    await connection.send(`${HEAD}${TYPE}Content-Length: 2\r\n\r\n1`);
    await toy.state.entered.opened;
    connection.destroy();
    const gone = (): boolean => toy.debugs.some(({ message }) => message.includes('went away'));
    while (!gone()) await new Promise(setImmediate);
    expect(toy.errors).toEqual([]);
  });
});
