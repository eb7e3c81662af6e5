import { request as httpsRequest } from 'node:https';
import { connect as tlsConnect } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { RawConnection, TestAuthority, type Identity, type RawResponse } from '@kvasir/test-harness';
import type { HttpAdapterOptions } from './kvasir-http-adapter.js';
import { RateLimiter } from './limits/rate-limiter.js';
import { WAYS } from './testing/every-way.js';
import { startToyApp, type ToyApp } from './testing/toy-app.js';
import { WireRefusal } from './wire-refusal.js';

const HOST = 'Host: localhost\r\n';

/** One request on a connection of its own. */
async function ask(port: number, line: string, headers = '', body = ''): Promise<RawResponse> {
  const connection = await RawConnection.open(port);
  try {
    await connection.send(`${line} HTTP/1.1\r\n${HOST}${headers}\r\n${body}`);
    return await connection.next({ head: /^(HEAD|OPTIONS) /.test(line) });
  } finally {
    connection.destroy();
  }
}

describe.each(WAYS)('wire routes %s', (_way, way) => {
  let toy: ToyApp;
  let now = 0;

  function start(options: Partial<HttpAdapterOptions>): Promise<ToyApp> {
    return startToyApp({ ...way, ...options });
  }

  afterEach(() => toy.app.close());

  describe('with a limit on requests', () => {
    const gate: HttpAdapterOptions['gate'] = (_method, _path, headers) => {
      const key = headers['x-api-key'];
      return key === 'wrong' ? new WireRefusal(401, 'unknown key') : { name: String(key ?? 'nobody') };
    };

    function limited(burst: number, more: Partial<HttpAdapterOptions> = {}): Promise<ToyApp> {
      const limiter = new RateLimiter({
        ratePerSecond: 2,
        burst,
        trustProxy: (_address, hop) => hop < 1,
        now: () => now,
      });
      return start({ limiter, ...more });
    }

    test('a request too many is a 429 in the form of the API, which says when to come again', async () => {
      toy = await limited(3);
      for (let i = 0; i < 3; i++) expect((await ask(toy.port, 'GET /kv')).status).toBe(200);
      const kv = await ask(toy.port, 'GET /kv');
      expect([kv.status, kv.header('Retry-After'), kv.header('RateLimit-Policy'), kv.header('RateLimit')]).toEqual([
        429,
        '1',
        '"requests";q=3;w=2',
        '"requests";r=0;t=1',
      ]);
      expect(kv.json()).toMatchObject({
        error: expect.stringMatching(/this address.*2 requests a second/),
        status: 429,
      });
      const keys = await ask(toy.port, 'GET /keys/x');
      expect([keys.status, keys.json()]).toEqual([
        429,
        { detail: { success: false, error: expect.stringMatching(/too many requests/) } },
      ]);
      now += 500;
      expect((await ask(toy.port, 'GET /kv')).status).toBe(200);
      expect((await ask(toy.port, 'GET /kv')).status).toBe(429);
    });

    test('a request that is refused for it does nothing', async () => {
      toy = await limited(1);
      await ask(toy.port, 'GET /kv');
      const put = await ask(toy.port, 'PUT /kv/x', 'Content-Type: application/json\r\nContent-Length: 2\r\n', '{}');
      expect(put.status).toBe(429);
      expect(toy.state.calls).toEqual([]);
    });

    test('unknown paths, pages and the wrong methods count too; /health does not', async () => {
      toy = await limited(4);
      for (const line of ['GET /nothing/here', 'GET /docs-json', 'PATCH /kv', 'GET /healthy'])
        expect((await ask(toy.port, line)).status).not.toBe(429);
      for (const line of ['GET /nothing/here', 'GET /docs-json', 'PATCH /kv', 'GET /healthy'])
        expect((await ask(toy.port, line)).status).toBe(429);
      for (const line of ['GET /health', 'GET /health/live', 'HEAD /health?x'])
        expect((await ask(toy.port, line)).status).not.toBe(429);
    });

    test('other methods on /health count, so that no keys can be guessed there', async () => {
      toy = await limited(1, { gate });
      const wrong = 'X-Api-Key: wrong\r\nContent-Length: 0\r\n';
      expect((await ask(toy.port, 'POST /health', wrong)).status).toBe(401);
      for (const line of ['POST /health', 'DELETE /health/live'])
        expect((await ask(toy.port, line, wrong)).status).toBe(429);
    });

    test('each key counts for itself, whatever address it comes from, and guesses count for the address', async () => {
      toy = await limited(1, { gate });
      const status = async (headers: string): Promise<number> => (await ask(toy.port, 'GET /kv', headers)).status;
      expect(await status('X-Api-Key: a\r\n')).toBe(200);
      expect(await status('X-Api-Key: a\r\nX-Forwarded-For: 192.0.2.9\r\n')).toBe(429);
      expect(await status('X-Api-Key: b\r\n')).toBe(200);
      expect(await status('X-Api-Key: wrong\r\nX-Forwarded-For: 192.0.2.1\r\n')).toBe(401);
      expect(await status('X-Api-Key: wrong\r\nX-Forwarded-For: 192.0.2.1\r\n')).toBe(429);
      expect(await status('X-Api-Key: wrong\r\nX-Forwarded-For: 192.0.2.2\r\n')).toBe(401);
    });
  });

  describe('with CORS', () => {
    const origin = 'Origin: https://app.example\r\n';

    test('answers say who may read them: data, refusals and pages', async () => {
      toy = await start({ corsOrigins: ['https://app.example'] });
      for (const [line, status] of [
        ['GET /kv', 200],
        ['GET /stream/short', 200],
        ['GET /keys/%zz', 400],
        ['PATCH /kv', 405],
        ['GET /no/where', 404],
        ['GET /docs-json', 200],
      ] as const) {
        const mine = await ask(toy.port, line, origin);
        expect([line, mine.status, mine.header('Access-Control-Allow-Origin'), mine.header('Vary')]).toEqual([
          line,
          status,
          'https://app.example',
          expect.stringContaining('Origin'),
        ]);
        const theirs = await ask(toy.port, line, 'Origin: https://evil.example\r\n');
        expect([theirs.status, theirs.header('Access-Control-Allow-Origin'), theirs.header('Vary')]).toEqual([
          status,
          undefined,
          expect.stringContaining('Origin'),
        ]);
      }
    });

    test('a preflight is answered without a key, and changes nothing', async () => {
      toy = await start({ corsOrigins: ['https://app.example'], gate: () => new WireRefusal(401, 'no key') });
      const asked = 'Access-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: content-type\r\n';
      const mine = await ask(toy.port, 'OPTIONS /kv/x', origin + asked);
      expect([mine.status, mine.header('Access-Control-Allow-Origin')]).toEqual([204, 'https://app.example']);
      expect(mine.header('Access-Control-Allow-Methods')).toContain('PUT');
      const theirs = await ask(toy.port, 'OPTIONS /kv/x', `Origin: https://evil.example\r\n${asked}`);
      expect(theirs.headers.filter(([name]) => name.startsWith('Access-Control'))).toEqual([]);
      expect((await ask(toy.port, 'OPTIONS /kv/x', origin)).status).toBe(401);
      expect(toy.state.calls).toEqual([]);
    });

    test('without a setting for it, nobody is told anything', async () => {
      toy = await start({});
      const answer = await ask(toy.port, 'OPTIONS /kv/x', `${origin}Access-Control-Request-Method: PUT\r\n`);
      expect(answer.status).toBe(405);
      expect(answer.headers.filter(([name]) => /^(Access-Control|Vary)/.test(name))).toEqual([]);
    });
  });

  test('every answer tells browsers not to guess its type, and none tells what the service is made with', async () => {
    toy = await start({});
    for (const line of [
      'GET /kv',
      'HEAD /kv',
      'GET /stream/short',
      'GET /keys/%zz',
      'GET /keys/boom',
      'PATCH /kv',
      'GET /no/where',
      'GET /docs',
      'GET /docs-json',
      'GET /docs/nothing.js',
      'GET nonsense',
      'CONNECT x:1',
      'GET /\u0001',
    ]) {
      const { headers } = await ask(toy.port, line);
      expect([line, headers.filter(([name]) => name.toLowerCase() === 'x-content-type-options')]).toEqual([
        line,
        [['X-Content-Type-Options', 'nosniff']],
      ]);
      expect(headers.map(([name]) => name.toLowerCase())).not.toContain('x-powered-by');
    }
  });

  test('pages have a content security policy, data has none', async () => {
    toy = await start({});
    for (const line of ['GET /docs', 'GET /docs-json', 'GET /docs/swagger-ui.css'])
      expect((await ask(toy.port, line)).header('Content-Security-Policy')).toContain("script-src 'self'");
    expect((await ask(toy.port, 'GET /kv')).header('Content-Security-Policy')).toBeUndefined();
  });

  test('headers past 16 KiB are a 431 in the default form, and 16,000 bytes of them are taken', async () => {
    toy = await start({});
    const headers = (bytes: number): string => `X-Big: ${'x'.repeat(bytes)}\r\n`;
    expect((await ask(toy.port, 'GET /kv', headers(16_000))).status).toBe(200);
    const refused = await ask(toy.port, 'GET /kv', headers(17_408));
    expect([refused.status, refused.json()]).toEqual([
      431,
      expect.objectContaining({ error: 'the request line and the headers are too long', status: 431 }),
    ]);
  });
});

describe('over TLS', () => {
  let authority: TestAuthority;
  let identity: Identity;
  let toy: ToyApp;

  beforeAll(async () => {
    authority = await TestAuthority.make();
    identity = await authority.issue();
  });

  beforeEach(async () => {
    toy = await startToyApp(
      { timeouts: { headersMs: 100, checkIntervalMs: 10, lingerMs: 50, drainMs: 60_000 } },
      {
        httpsOptions: identity,
      },
    );
  });

  afterAll(() => toy.app.close());
  afterEach(() => toy.app.close());

  function get(path: string): Promise<{ status: number | undefined; serial: string; body: string }> {
    return new Promise((resolve, reject) => {
      const request = httpsRequest(
        { host: 'localhost', port: toy.port, path, ca: authority.ca, agent: false },
        (response) => {
          const { serialNumber } = (
            response.socket as unknown as { getPeerCertificate(): { serialNumber: string } }
          ).getPeerCertificate();
          let body = '';
          response.setEncoding('utf8').on('data', (piece: string) => (body += piece));
          response.on('end', () => resolve({ status: response.statusCode, serial: serialNumber, body }));
        },
      );
      request.on('error', reject).end();
    });
  }

  test('wire routes and pages are served', async () => {
    expect(await get('/kv')).toMatchObject({ status: 200, body: '{"prefix":null,"names":[]}' });
    expect(await get('/docs-json')).toMatchObject({ status: 200, body: expect.stringContaining('openapi') });
  });

  test('TLS 1.1 is refused', async () => {
    const socket = tlsConnect({
      port: toy.port,
      host: '127.0.0.1',
      ca: authority.ca,
      servername: 'localhost',
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'ALL:@SECLEVEL=0',
    });
    const failed = await new Promise<Error>((resolve, reject) => {
      socket.once('error', resolve);
      socket.once('secureConnect', () => reject(new Error('it was taken')));
    });
    expect((failed as NodeJS.ErrnoException).code).toMatch(/PROTOCOL|VERSION|ECONNRESET/);
  });

  test('plain HTTP, nonsense and silence are cut, and the service goes on', async () => {
    for (const text of [`GET /kv HTTP/1.1\r\n${HOST}\r\n`, '\u0016\u0003\u0001nonsense', '']) {
      const connection = await RawConnection.open(toy.port);
      await connection.send(text);
      await connection.closed;
      expect(connection.rest).not.toContain('HTTP/1.1 2');
    }
    expect((await get('/kv')).status).toBe(200);
    expect(toy.errors).toEqual([]);
  });

  test('a request that does not come is a 408, inside TLS', async () => {
    const socket = tlsConnect({ port: toy.port, host: '127.0.0.1', ca: authority.ca, servername: 'localhost' });
    let text = '';
    await new Promise<void>((resolve, reject) => {
      socket.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      socket.once('close', () => resolve()).once('error', reject);
    });
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
  });

  test('a close ends idle connections and half-made ones at once', async () => {
    const own = await startToyApp({ timeouts: { headersMs: 60_000, drainMs: 60_000 } }, { httpsOptions: identity });
    const silent = await RawConnection.open(own.port);
    const idle = tlsConnect({ port: own.port, host: '127.0.0.1', ca: authority.ca, servername: 'localhost' });
    await new Promise((resolve) => idle.once('secureConnect', resolve));
    const closed = new Promise((resolve) => idle.once('close', resolve));
    idle.resume();
    await own.app.close();
    await Promise.all([silent.closed, closed]);
    expect([silent.rest, own.errors]).toEqual(['', []]);
  });

  test('a renewed certificate is shown to those who come from now on, and one that does not fit changes nothing', async () => {
    const before = (await get('/kv')).serial;
    const renewed = await authority.issue();
    expect(() => toy.adapter.renewTls({ cert: renewed.cert, key: identity.key })).toThrow(/key values mismatch/);
    expect((await get('/kv')).serial).toBe(before);
    toy.adapter.renewTls(renewed);
    const after = (await get('/kv')).serial;
    expect(after).not.toBe(before);
    expect((await get('/kv')).serial).toBe(after);
  });
});
