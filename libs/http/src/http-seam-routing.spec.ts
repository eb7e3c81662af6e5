import { expect, test } from '@jest/globals';
import { describeEveryWay } from './testing/every-way.js';

describeEveryWay('routing', (way) => {
  const { request, put } = way;

  test.each([
    // [request line, status, a part of the body]
    ['GET /', 200, '"links"'],
    ['GET /?x=1', 200, '"links"'],
    ['GET /kv', 200, '"prefix":null'],
    ['GET /kv?prefix=a+b%2Bc', 200, '"prefix":"a b+c"'],
    ['GET /kv?prefix=%F0%9F%98%80', 200, '"prefix":"😀"'],
    ['GET /kv?prefix=\xc3\xa9', 200, '"prefix":"é"'],
    ['GET /kv?prefix', 200, '"prefix":""'],
    ['GET /kv?&&prefix=a=b&', 200, '"prefix":"a=b"'],
    ['GET /kv?prefix=a?b', 200, '"prefix":"a?b"'],
    ['GET /kv?__proto__=1', 200, '"names":["__proto__"]'],
    ['GET /kv?prefix=a&prefix=b', 400, "'prefix' is given 2 times"],
    ['GET /kv?prefix=%zz', 400, 'the query has bad percent-encoding'],
    ['GET /kv?prefix=%ff', 400, 'the query is not valid UTF-8'],
    ['GET /kv/x?%', 400, 'the query has bad percent-encoding'],
    ['GET /kv/', 400, 'the key is empty'],
    ['GET /kv//', 404, 'written %2F'],
    ['GET /kv/a/b', 404, 'a slash inside a key is written %2F'],
    ['GET /kv/a/', 404, 'written %2F'],
    ['GET //kv/x', 404, '{"status":"Error"'],
    ['GET /KV/x', 404, '{"status":"Error"'],
    ['GET /bulk/', 404, '{"status":"Error"'],
    ['GET /KV', 200, '"record":"KV"'],
    ['GET /kv%2Fx', 200, '"record":"kv/x"'],
    ['GET /%6bv', 200, '"record":"kv"'],
    ['GET /keys/a/b', 404, '{"detail":{"success":false'],
    ['GET /keys', 200, '"record":"keys"'],
    ['GET /api/v1/store', 404, '{"detail":{"success":false'],
    ['GET /keys/', 400, '{"detail":{"success":false,"error":"the key is empty'],
    ['GET /api/v1/store/k/exists', 200, '"exists":"k"'],
    ['GET /api/v1/store//exists', 400, '{"detail":{"success":false,"error":"the key is empty'],
    ['GET /api/v1/store/k/nothing', 404, '{"detail"'],
    ['GET /api/v1', 404, '"error":"there is nothing at this path'],
    ['GET /a/b/c', 404, '{"status":"Error"'],
    ['GET /api/v2/store', 404, '"type":"about:blank","title":"Not Found","status":404,"detail":'],
    ['POST /taken', 400, '{"status":"Error","message":"\'taken\' is taken"}'],
    ['PATCH /bulk', 405, '{"status":"Error"'],
    ['PUT /bulk', 200, '"bulk":true'],
    ['GET /bulk', 200, '"record":"bulk"'],
    ['PUT /.env', 200, '"raw":".env"'],
    ['PUT /%2eenv', 200, '"raw":"%2eenv"'],
    ['PUT /stats', 200, '"record":"stats"'],
    ['PUT /docs', 200, '"record":"docs"'],
    ['POST /kv/batch', 200, '"batch":0'],
    ['GET /kv/batch', 404, 'key not found'],
    ['PUT /kv/batch', 200, '"success":true'],
    ['DELETE /kv/batch', 200, '"success":true'],
    ['GET http://example.org/kv?prefix=q', 200, '"prefix":"q"'],
    ['GET HTTPS://example.org:8000', 200, '"links"'],
    ['GET http://example.org?x', 200, '"links"'],
    ['GET ftp://example.org/kv', 400, 'the request target is not a path'],
    ['OPTIONS *', 405, 'OPTIONS is not allowed'],
  ])('%s is a %i', async (line, status, part) => {
    const response = await request(line);
    expect([response.status, response.body]).toEqual([status, expect.stringContaining(part)]);
    expect(response.header('Content-Type')).toBe('application/json; charset=utf-8');
    expect(response.header('Content-Length')).toBe(String(Buffer.byteLength(response.body)));
    expect(response.header('X-Powered-By')).toBeUndefined();
    expect(response.header('ETag')).toBeUndefined();
  });

  test.each([
    ['POST /kv/x', 'GET, HEAD, PUT, DELETE', '"error"'],
    ['OPTIONS /kv/x', 'GET, HEAD, PUT, DELETE', '"error"'],
    ['TRACE /kv/x', 'GET, HEAD, PUT, DELETE', '"error"'],
    ['PATCH /kv/batch', 'GET, HEAD, PUT, POST, DELETE', '"error"'],
    ['DELETE /kv', 'GET, HEAD', '"error"'],
    ['PUT /keys/x', 'GET, HEAD, POST', '{"detail"'],
    ['DELETE /x', 'GET, HEAD, PUT', '{"status":"Error"'],
    ['DELETE /docs', 'GET, HEAD', '"error"'],
    ['PUT /docs/x', 'GET, HEAD', '"error"'],
    ['OPTIONS *', 'GET, HEAD, PUT, POST, DELETE', '"error"'],
  ])('%s is a 405 with Allow: %s', async (line, allow, part) => {
    const response = await request(line);
    expect([response.status, response.header('Allow')]).toEqual([405, allow]);
    expect(response.body).toContain(part);
  });

  test.each([
    ['plain', 'plain'],
    ['a%2Fb', 'a/b'],
    ['a+b', 'a+b'],
    ['%2b', '+'],
    ['%25', '%'],
    ['..', '..'],
    ['%2e%2E', '..'],
    ['.', '.'],
    ['\xc3\xa9', 'é'],
    ['\xc3%A9', 'é'],
    ['%EF%BB%BFx', '\ufeffx'],
    ['%F0%9F%98%80', '😀'],
    ['__proto__', '__proto__'],
    ['a;b=c&d', 'a;b=c&d'],
    ['a:b@c,d', 'a:b@c,d'],
    ['%0d%0a', '\r\n'],
    ['x'.repeat(1024), 'x'.repeat(1024)],
    ['%C3%A9'.repeat(512), 'é'.repeat(512)],
  ])('the path segment %j is the key %j', async (segment, key) => {
    expect((await put(`/kv/${segment}`, '1')).status).toBe(200);
    expect(way.toy.state.calls).toEqual([`PUT ${key}`]);
    expect((await request(`GET /kv/${segment}`)).json()).toEqual({ key, value: '1' });
  });

  test.each([
    ['%', "'%' is not % and two hexadecimal digits"],
    ['%4', "'%4' is not"],
    ['%zz', "'%zz' is not"],
    ['a%4gb', "'%4g' is not"],
    ['%%41', "'%%4' is not"],
    ['%ff', 'not valid UTF-8'],
    ['\xff', 'not valid UTF-8'],
    ['%C0%AF', 'not valid UTF-8'],
    ['%ED%A0%80', 'not valid UTF-8'],
    ['%C3', 'not valid UTF-8'],
    ['%00', 'NUL'],
    ['a%00b', 'NUL'],
    ['x'.repeat(1025), '1025 bytes'],
    ['%C3%A9'.repeat(513), '1026 bytes'],
  ])('the path segment %j is a bad key', async (segment, part) => {
    const response = await put(`/kv/${segment}`, '1');
    expect([response.status, response.body]).toEqual([400, expect.stringContaining(part)]);
    expect((await put(`/keys/${segment}`, '1')).status).toBe(405);
    const other = await request(`GET /keys/${segment}`);
    expect([other.status, other.json()]).toEqual([
      400,
      { detail: { success: false, error: expect.stringContaining(part) } },
    ]);
    expect(way.toy.state.calls).toEqual([]);
  });

  test('a query never gets into a key, and a long one does not change it', async () => {
    expect((await put(`/kv/a-key-of-twenty-units?${'q'.repeat(5000)}`, '1')).status).toBe(200);
    expect([...way.toy.state.values.keys()]).toEqual(['a-key-of-twenty-units']);
  });
});
