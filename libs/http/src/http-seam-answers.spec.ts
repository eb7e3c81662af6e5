import { expect, test } from '@jest/globals';
import { type RawResponse } from '@kvasir/test-harness';
import { describeEveryWay, HOST } from './testing/every-way.js';

describeEveryWay('answers', (way) => {
  const { open, request, put } = way;

  test('HEAD has the headers of GET and no body', async () => {
    await put('/kv/x', '"e"');
    for (const path of ['/kv/x', '/kv/missing', '/kv', '/stream/short', '/docs-json', '/a/b/c', '/kv/%zz']) {
      const get = await request(`GET ${path}`);
      const connection = await open();
      await connection.send(`HEAD ${path} HTTP/1.1\r\n${HOST}\r\nGET / HTTP/1.1\r\n${HOST}\r\n`);
      const head = await connection.next({ head: true });
      expect(head.status).toBe(get.status);
      const withoutDate = (response: RawResponse): unknown => response.headers.filter(([name]) => name !== 'Date');
      expect(withoutDate(head)).toEqual(withoutDate(get));
      // What follows is the next answer, not a body.
      expect((await connection.next()).body).toContain('links');
    }
  });

  test('the exact header lines of an answer', async () => {
    const response = await request('GET /kv?prefix=x');
    expect(response.headers.filter(([name]) => name !== 'Date')).toEqual([
      ['Content-Type', 'application/json; charset=utf-8'],
      ['X-Content-Type-Options', 'nosniff'],
      ['Cache-Control', 'no-store'],
      ['Content-Length', String(response.body.length)],
      ['Connection', 'keep-alive'],
      ['Keep-Alive', 'timeout=65'],
    ]);
  });

  test('a handler sees headers in any case', async () => {
    expect((await request('GET /keys/k', 'x-aGent: me\r\n')).json()).toEqual({ key: 'k', agent: 'me' });
  });

  test('an error that the API knows is answered in its form and not logged', async () => {
    const response = await request('GET /keys/known');
    expect([response.status, response.json()]).toEqual([422, { detail: { success: false, error: 'known' } }]);
    expect(way.toy.errors).toEqual([]);
  });

  test.each([
    ['GET /keys/boom', '{"detail":{"success":false,"error":"internal error"}}'],
    ['POST /keys/boom', '{"detail":{"success":false,"error":"internal error"}}'],
    ['GET /stream/fails-at-once', 'internal error'],
    ['GET /keys/bad-header', 'internal error'],
  ])('an unexpected error behind %s is a 500 that tells nothing, and is logged', async (line, body) => {
    const response = await request(line);
    expect([response.status, response.body]).toEqual([500, expect.stringContaining(body)]);
    expect(response.body).not.toContain('secret');
    expect(way.toy.errors).toEqual([
      { fields: expect.objectContaining({ err: expect.anything() }), message: 'a request failed unexpectedly' },
    ]);
  });

  test('each request is logged at debug with its time', async () => {
    const connection = await open();
    await connection.send(`GET /kv/x HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`);
    await connection.closed;
    expect(way.toy.debugs).toEqual([
      {
        fields: {
          id: expect.any(String),
          api: expect.any(String),
          method: 'GET',
          route: '/kv/:key',
          key: 'x',
          status: 404,
          sent: true,
          ms: expect.any(Number),
        },
        message: 'request',
      },
    ]);
  });

  test('Swagger UI and its document come from Express', async () => {
    expect((await request('GET /docs')).body).toContain('swagger-ui');
    expect((await request('GET /docs/swagger-ui.css')).status).toBe(200);
    const document = (await request('GET /docs-json')).json() as {
      paths: Record<string, Record<string, { parameters: unknown[]; requestBody?: unknown }>>;
    };
    expect(Object.keys(document.paths['/kv/{key}'] ?? {})).toEqual(['get', 'put', 'delete']);
    expect(document.paths['/kv/{key}']?.['put']?.requestBody).toBeUndefined();
    expect(document.paths['/kv/{key}']?.['put']?.parameters).toEqual([]);
  });

  test('what Express does not find is answered in the default form', async () => {
    const response = await request('GET /docs/nothing-here');
    expect([response.status, response.json()]).toEqual([
      404,
      expect.objectContaining({ error: 'Cannot GET /docs/nothing-here', status: 404 }),
    ]);
  });
});
