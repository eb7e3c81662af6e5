import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { RawConnection, type HttpAnswer, type HttpClient } from '@kvasir/test-harness';
import { contentsOf, type Contents } from './testing/expectations.js';
import { useWholeSystem } from './testing/whole-system.js';
import { GATEWAY_KEY } from './testing/wire-apis.js';

const system = useWholeSystem('memory');

/** Every route that takes a body, with one that it takes, which writes the key `k` or adds to `counter`. */
const ROUTES = [
  { method: 'PUT', path: '/kv/k', body: '{"value":"aé"}', misfit: 400 },
  { method: 'POST', path: '/kv/batch', body: '{"operations":[{"op":"set","key":"k","value":"aé"}]}', misfit: 400 },
  { method: 'POST', path: '/keys/k', body: '{"key":"k","value":"aé"}', misfit: 422 },
  { method: 'PUT', path: '/keys/k', body: '{"key":"k","value":"aé"}', misfit: 422 },
  { method: 'PUT', path: '/k', body: '{"value":"aé"}', misfit: 400 },
  { method: 'PUT', path: '/bulk', body: '[{"method":"PUT","key":"k","value":"aé"}]', misfit: 400 },
  { method: 'POST', path: '/api/v1/store/k', body: '{"value":"aé"}', misfit: 422 },
  { method: 'PUT', path: '/api/v1/store/counter/increment', body: '{"increment":1,"note":"é"}', misfit: 422 },
  { method: 'PUT', path: '/v1/values', body: '{"key":"k","value":"aé"}', misfit: 400, gateway: true },
] as const;

type Route = (typeof ROUTES)[number];

const isGateway = (route: Route) => 'gateway' in route;
const clientOf = (route: Route): HttpClient => {
  const { http, gateway } = system().doors();
  return isGateway(route) ? gateway : http;
};
const ownHeaders = (route: Route): Record<string, string> => (isGateway(route) ? { 'x-api-key': GATEWAY_KEY } : {});

function send(route: Route, body: Buffer, headers: Record<string, string> = {}): Promise<HttpAnswer> {
  const { method, path } = route;
  return clientOf(route).send(method, path, {
    body,
    headers: { 'Content-Type': 'application/json', ...ownHeaders(route), ...headers },
  });
}

const bytes = (text: string, encoding: BufferEncoding = 'utf8') => Buffer.from(text, encoding);
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

let before: Contents;

beforeAll(async () => {
  const { http } = system().doors();
  await http.put('/kv/counter', { value: 5 });
  before = await contentsOf(http);
});

async function expectNothingDone(): Promise<void> {
  const { http } = system().doors();
  expect(await contentsOf(http)).toEqual(before);
  expect((await http.get('/kv/counter')).text).toBe('{"value":5}');
}

describe.each(ROUTES)('the body of $method $path', (route) => {
  const { method, path, body, misfit } = route;

  it.each([
    ['that is compressed', gzipSync(body), { 'Content-Encoding': 'gzip' }],
    ['that says it is compressed', bytes(body), { 'Content-Encoding': 'gzip' }],
    ['in another compression', bytes(body), { 'Content-Encoding': 'br, identity' }],
    ['in Latin-1, and says so', bytes(body, 'latin1'), { 'Content-Type': 'application/json; charset=iso-8859-1' }],
    ['in UTF-16, and says so', bytes(body, 'utf16le'), { 'Content-Type': 'application/json; charset=utf-16' }],
    ['of a form', bytes('value=a'), { 'Content-Type': 'application/x-www-form-urlencoded' }],
    ['of no type', bytes(body), { 'Content-Type': '' }],
  ])('%s is a 415', async (_what, sent, headers) => {
    const answer = await send(route, sent, headers);
    expect([answer.status, answer.headers['content-type']]).toEqual([415, 'application/json; charset=utf-8']);
    await expectNothingDone();
  });

  it.each([
    ['in Latin-1', bytes(body, 'latin1')],
    ['in UTF-16', bytes(body, 'utf16le')],
    ['with a byte order mark', Buffer.concat([BOM, bytes(body)])],
    ['with a surrogate in UTF-8', bytes(body.replace('é', '\xed\xa0\x80'), 'latin1')],
    ['with an overlong form', bytes(body.replace('é', '\xc0\xaf'), 'latin1')],
    ['with a character that is cut off', bytes(body.replace('é', '\xe2\x82'), 'latin1')],
    ['that is compressed and does not say so', gzipSync(body)],
  ])(`%s is a ${misfit}`, async (_what, sent) => {
    const answer = await send(route, sent);
    expect([answer.status, answer.headers['content-type']]).toEqual([misfit, 'application/json; charset=utf-8']);
    await expectNothingDone();
  });

  it('that breaks off in its midst is not done, and the service goes on', async () => {
    const connection = await RawConnection.open(clientOf(route).port);
    const headers = Object.entries({ Host: 'x', 'Content-Type': 'application/json', ...ownHeaders(route) });
    const head = headers.map((header) => header.join(': ')).join('\r\n');
    const whole = bytes(body);
    await connection.send(`${method} ${path} HTTP/1.1\r\n${head}\r\nContent-Length: ${whole.length}\r\n\r\n`);
    await connection.send(whole.subarray(0, -1));
    connection.destroy();
    await connection.closed;
    await expectNothingDone();
  });
});
