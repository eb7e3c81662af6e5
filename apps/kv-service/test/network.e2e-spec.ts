import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, credentials, Metadata, status as Status } from '@grpc/grpc-js';
import { GrpcKvClient, type GrpcCallError } from '@kvasir/client';
import {
  freePort,
  HttpClient,
  TestAuthority,
  weakIdentity,
  useTestServices,
  type HttpAnswer,
  type ServiceProcess,
} from '@kvasir/test-harness';

const services = useTestServices();
const STORE = 'memory';

/** Requests at once: however slow the machine is, they take less than as many seconds. */
const AT_ONCE = [1, 2, 3, 4, 5, 6];

describe('RATE_LIMIT', () => {
  let service: ServiceProcess;
  let rpc: GrpcKvClient;

  beforeAll(async () => {
    // One request and then none for the rest of the test: tokens come back too slowly to matter.
    service = await services.start({
      env: { STORE, RATE_LIMIT: '1', RATE_LIMIT_BURST: '1', TRUST_PROXY: 'loopback' },
      flags: ['--grpc-port', String(await freePort())],
    });
    rpc = new GrpcKvClient(`127.0.0.1:${String(service.listening['grpcPort'])}`);
  });

  afterAll(() => rpc.close());

  let client = 0;
  const nextClient = (): Record<string, string> => ({ 'X-Forwarded-For': `198.51.100.${++client}` });

  /** The answer to a request that comes too soon: of several at once, one second has a token for one. */
  async function tooSoon(method: string, path: string): Promise<HttpAnswer | undefined> {
    const headers = nextClient();
    const answers = await Promise.all(AT_ONCE.map(() => service.http.send(method, path, { headers })));
    expect(answers.filter(({ status }) => status !== 429)).not.toHaveLength(0);
    return answers.find(({ status }) => status === 429);
  }

  it.each([
    ['GET', '/kv', { error: expect.any(String), status: 429 }],
    ['GET', '/kv/x', { error: expect.any(String), status: 429 }],
    ['DELETE', '/kv/x', { error: expect.any(String), status: 429 }],
    ['GET', '/keys/x', { detail: { success: false, error: expect.any(String) } }],
    ['GET', '/x', { status: 'Error', message: expect.any(String) }],
    ['GET', '/api/v1/store/x', { status: 'error', message: expect.any(String) }],
    ['GET', '/docs-json', { error: expect.any(String), status: 429 }],
    ['GET', '/no/where', { status: 'Error', message: expect.any(String) }],
  ])('is a 429 past it, in the form of the API: %s %s', async (method, path, form) => {
    const answer = await tooSoon(method, path);
    expect(answer?.json()).toEqual(expect.objectContaining(form));
    expect(answer?.headers).toMatchObject({
      'retry-after': '1',
      'ratelimit-policy': '"requests";q=1;w=1',
      ratelimit: '"requests";r=0;t=1',
      'x-content-type-options': 'nosniff',
    });
  });

  it('does not hold for /health', async () => {
    const headers = nextClient();
    for (let i = 0; i < 5; i++) expect((await service.http.send('GET', '/health', { headers })).status).toBe(200);
  });

  it('holds for gRPC together with HTTP, as RESOURCE_EXHAUSTED; its health is not counted', async () => {
    const calls = await Promise.allSettled([service.http.get('/kv'), ...AT_ONCE.map(() => rpc.get('x'))]);
    const refused = calls.find((call): call is PromiseRejectedResult => call.status === 'rejected');
    expect(refused?.reason).toMatchObject({
      status: 'RESOURCE_EXHAUSTED',
      errorCode: 'RATE_LIMITED',
      retryAfterSeconds: 1,
      reason: expect.stringMatching(/too many requests for this address/),
    } satisfies Partial<Record<keyof GrpcCallError, unknown>>);
    for (let i = 0; i < 5; i++) expect((await rpc.health()).status).toBe('healthy');
  });
});

describe('TRUST_PROXY as a number', () => {
  it('lets no caller of gRPC give itself an address: the proxies are counted in front of HTTP', async () => {
    const port = await freePort();
    const service = await services.start({
      env: { STORE, RATE_LIMIT: '1', RATE_LIMIT_BURST: '1', TRUST_PROXY: '1' },
      flags: ['--grpc-port', String(port)],
    });
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
    const codes = await Promise.all(
      AT_ONCE.map((i) => {
        const metadata = new Metadata();
        metadata.set('x-forwarded-for', `198.51.100.${i}`);
        const empty = Buffer.alloc(0);
        return new Promise<number | undefined>((resolve) => {
          // A key field without a value, which is too short for a key.
          client.makeUnaryRequest(
            '/keyvalue.KeyValueService/Get',
            () => empty,
            String,
            empty,
            metadata,
            (error) => resolve(error?.code),
          );
        });
      }),
    );
    client.close();
    expect(codes.filter((code) => code === Status.RESOURCE_EXHAUSTED).length).toBeGreaterThan(0);
    const answers = await Promise.all(
      AT_ONCE.map((i) => service.http.send('GET', '/kv', { headers: { 'X-Forwarded-For': `203.0.113.${i}` } })),
    );
    expect(answers.map(({ status }) => status)).toEqual(AT_ONCE.map(() => 200));
  });
});

describe('behind api-gateway', () => {
  it("kv-service's limit is a 429 of the gateway, and GRPC_TOKEN lets the gateway count for its own callers", async () => {
    const rate = { RATE_LIMIT: '1', RATE_LIMIT_BURST: '1' };
    for (const [token, limited] of [
      [{}, true],
      [{ GRPC_TOKEN: 'shared-secret' }, false],
    ] as const) {
      const port = await freePort();
      const service = await services.start({
        env: { STORE, ...rate, ...token },
        flags: ['--grpc-port', String(port)],
      });
      const gateway = await services.start({
        app: 'api-gateway',
        env: { KV_GRPC_URL: `127.0.0.1:${port}`, API_KEY: 'k', ...token },
      });
      const headers = { 'x-api-key': 'k' };
      const answers = await Promise.all(AT_ONCE.map(() => gateway.http.send('GET', '/v1/values/x', { headers })));
      const refused = answers.filter(({ status }) => status === 429);
      expect(refused.length > 0).toBe(limited);
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set(limited ? [404, 429] : [404]));
      for (const answer of refused) expect(answer.headers['retry-after']).toBe('1');
      await Promise.all([gateway.kill(), service.kill()]);
    }
  });

  it('the gateway has a limit of its own, in its own form', async () => {
    const gateway = await services.start({
      app: 'api-gateway',
      env: { API_KEY: 'k', RATE_LIMIT: '1', KV_GRPC_URL: '127.0.0.1:1' },
    });
    const answers = await Promise.all(AT_ONCE.map(() => gateway.http.get('/v1/values/x')));
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.json()).toEqual({ error: expect.stringMatching(/too many requests/) });
  });
});

describe('what browsers get', () => {
  it('DOCS=off leaves nothing at /docs, and no word of it at /', async () => {
    const { http } = await services.start({ env: { STORE, DOCS: 'off' } });
    for (const path of ['/docs', '/docs/', '/docs/swagger-ui.css', '/docs-json', '/docs-yaml']) {
      const answer = await http.get(path);
      expect([path, answer.status, answer.json()]).toEqual([
        path,
        404,
        expect.objectContaining({ error: 'there is nothing at this path' }),
      ]);
    }
    expect(Object.keys((await http.get('/')).json() as object)).not.toContain('docs');
  });

  it('CORS_ORIGINS lets the named pages call every API', async () => {
    const { http } = await services.start({ env: { STORE, CORS_ORIGINS: 'https://app.example' } });
    const headers = { Origin: 'https://app.example' };
    for (const path of ['/kv', '/kv/x', '/keys/x', '/x', '/api/v1/store/x', '/docs-json', '/']) {
      const preflight = await http.send('OPTIONS', path, {
        headers: {
          ...headers,
          'Access-Control-Request-Method': 'PUT',
          'Access-Control-Request-Headers': 'content-type',
        },
      });
      expect([path, preflight.status, preflight.headers['access-control-allow-methods']]).toEqual([
        path,
        204,
        expect.stringContaining('PUT'),
      ]);
      const answer = await http.send('GET', path, { headers });
      expect([answer.headers['access-control-allow-origin'], answer.headers.vary]).toEqual([
        'https://app.example',
        'Origin',
      ]);
    }
  });

  it('/ and /docs have a content security policy', async () => {
    const { http } = await services.start({ env: { STORE } });
    for (const path of ['/', '/docs', '/docs/swagger-ui-bundle.js'])
      expect((await http.get(path)).headers['content-security-policy']).toContain("script-src 'self'");
  });
});

describe('TLS_CERT and TLS_KEY', () => {
  let authority: TestAuthority;
  let files: { readonly TLS_CERT: string; readonly TLS_KEY: string };
  let ca: string;

  beforeAll(async () => {
    authority = await TestAuthority.make();
    const settings = await authority.settings(services.directory());
    files = { TLS_CERT: settings.GRPC_TLS_CERT, TLS_KEY: settings.GRPC_TLS_KEY };
    ca = settings.GRPC_TLS_CA;
  });

  function getOverTls(port: number, path: string): Promise<{ status: number | undefined; serial: string }> {
    return new Promise((resolve, reject) => {
      const options = { host: 'localhost', port, path, ca: authority.ca, agent: false } as const;
      httpsRequest(options, (response) => {
        const serial = (response.socket as TLSSocket).getPeerCertificate().serialNumber;
        response.resume().on('end', () => resolve({ status: response.statusCode, serial }));
      })
        .on('error', reject)
        .end();
    });
  }

  it('make every port of kv-service and the gateway speak HTTPS, and nothing else', async () => {
    const service = await services.start({ env: { STORE, PORT: '0,0', ...files } });
    const gateway = await services.start({ app: 'api-gateway', env: { API_KEY: 'k', ...files } });
    for (const port of [...service.ports, ...gateway.ports]) {
      expect((await getOverTls(port, '/health')).status).toBe(200);
      expect((await getOverTls(port, '/docs-json')).status).toBe(200);
      const plain = new HttpClient(port);
      await expect(plain.get('/health')).rejects.toThrow(/hang up|ECONNRESET/);
      plain.close();
    }
    expect((await service.stop()).code).toBe(0);
  });

  it('are read again on SIGHUP; files that do not fit change nothing', async () => {
    const directory = services.directory();
    const own = { TLS_CERT: join(directory, 'cert.pem'), TLS_KEY: join(directory, 'key.pem') };
    copyFileSync(files.TLS_CERT, own.TLS_CERT);
    copyFileSync(files.TLS_KEY, own.TLS_KEY);
    const service = await services.start({ env: { STORE, ...own } });
    const first = (await getOverTls(service.port, '/kv')).serial;

    const renewed = await authority.issue();
    writeFileSync(own.TLS_CERT, renewed.cert);
    process.kill(service.pid, 'SIGHUP');
    const refused = await service.logLine(({ msg }) => msg.startsWith('the certificate stays as it was'));
    expect(refused.msg).toContain('TLS_KEY does not belong to TLS_CERT');
    expect((await getOverTls(service.port, '/kv')).serial).toBe(first);

    writeFileSync(own.TLS_KEY, renewed.key);
    process.kill(service.pid, 'SIGHUP');
    await service.logLine(({ msg }) => msg === 'the certificate was read again');
    expect((await getOverTls(service.port, '/kv')).serial).not.toBe(first);
    expect(service.logLines.filter(({ msg }) => msg.includes('nothing to read again'))).toEqual([]);
  });

  it('stay as they were on SIGHUP when OpenSSL does not serve with the new ones, which no start does either', async () => {
    const directory = services.directory();
    const own = { TLS_CERT: join(directory, 'cert.pem'), TLS_KEY: join(directory, 'key.pem') };
    copyFileSync(files.TLS_CERT, own.TLS_CERT);
    copyFileSync(files.TLS_KEY, own.TLS_KEY);
    const service = await services.start({ env: { STORE, ...own } });
    const first = (await getOverTls(service.port, '/kv')).serial;
    const weak = await weakIdentity();
    writeFileSync(own.TLS_CERT, weak.cert);
    writeFileSync(own.TLS_KEY, weak.key);
    process.kill(service.pid, 'SIGHUP');
    const problem = "TLS_CERT and TLS_KEY are nothing to serve with: OpenSSL says 'ee key too small'";
    const refused = await service.logLine(({ msg }) => msg.startsWith('the certificate stays as it was'));
    expect(refused.msg).toBe(`the certificate stays as it was: ${problem}`);
    expect((await getOverTls(service.port, '/kv')).serial).toBe(first);
    for (const app of ['kv-service', 'api-gateway']) {
      const { code, stdout, stderr } = await services.run({ app, env: { STORE, API_KEY: 'k', ...own } });
      expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: '', stderr: `${problem}\n` });
    }
  });

  it.each([
    [
      'before the service listens',
      `import { Server } from 'node:net';
      const { listen } = Server.prototype;
      Server.prototype.listen = function (...args) {
        renewOnce();
        return listen.apply(this, args);
      };`,
    ],
    [
      'while tracing starts',
      `const { on } = process;
      process.on = function (event, ...rest) {
        // The first one is the process's own: what comes next is tracing, which is loaded in many turns of the event loop.
        if (event === 'SIGHUP') queueMicrotask(renewOnce);
        return on.call(this, event, ...rest);
      };`,
    ],
  ])('are read again on SIGHUP also %s', async (_when, hook) => {
    const directory = services.directory();
    const own = { TLS_CERT: join(directory, 'cert.pem'), TLS_KEY: join(directory, 'key.pem') };
    copyFileSync(files.TLS_CERT, own.TLS_CERT);
    copyFileSync(files.TLS_KEY, own.TLS_KEY);
    const renewed = await authority.issue();
    const module = `
      import { writeFileSync } from 'node:fs';
      let isRenewed = false;
      function renewOnce() {
        if (isRenewed) return;
        isRenewed = true;
        writeFileSync(${JSON.stringify(own.TLS_CERT)}, ${JSON.stringify(renewed.cert)});
        writeFileSync(${JSON.stringify(own.TLS_KEY)}, ${JSON.stringify(renewed.key)});
        process.emit('SIGHUP', 'SIGHUP');
      }
      ${hook}`;
    const service = await services.start({
      env: { STORE, PORT: '0,0', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', ...own },
      nodeFlags: ['--import', `data:text/javascript,${encodeURIComponent(module)}`],
    });
    const before = await services.start({ env: { STORE, ...files } });
    const old = (await getOverTls(before.port, '/kv')).serial;
    for (const port of service.ports) expect((await getOverTls(port, '/kv')).serial).not.toBe(old);
    expect(service.logLines.filter(({ msg }) => msg.includes('nothing to read again'))).toEqual([]);
  });

  it.each([
    ['a certificate without its key', () => ({ TLS_CERT: files.TLS_CERT }), /^TLS_CERT without TLS_KEY/],
    ['a key without its certificate', () => ({ TLS_KEY: files.TLS_KEY }), /^TLS_KEY without TLS_CERT/],
    ['a file that is not there', () => ({ ...files, TLS_CERT: '/nowhere/cert.pem' }), /^TLS_CERT is "\/nowhere/],
    ['a key in place of the certificate', () => ({ ...files, TLS_CERT: files.TLS_KEY }), /^TLS_CERT is .*PEM/],
  ])('%s is one line on standard error and status 1', async (_what, env, text) => {
    for (const app of ['kv-service', 'api-gateway']) {
      const exit = await services.run({ app, env: { STORE, API_KEY: 'k', ...env() } });
      expect([exit.code, exit.stdout]).toEqual([1, '']);
      expect(exit.stderr).toMatch(/^[^\n]+\n$/);
      expect(exit.stderr).toMatch(text);
    }
  });

  it('a key of another certificate is one line on standard error and status 1', async () => {
    const TLS_KEY = join(services.directory(), 'key.pem');
    writeFileSync(TLS_KEY, (await authority.issue()).key);
    const { code, stderr } = await services.run({ env: { ...files, TLS_KEY } });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^TLS_KEY does not belong to TLS_CERT: [^\n]+\n$/)]);
    expect(stderr).not.toContain(readFileSync(TLS_KEY, 'utf8').split('\n')[1]);
  });

  it('test-client talks to such a service with NODE_EXTRA_CA_CERTS, and not without', async () => {
    const service = await services.start({ env: { STORE, ...files } });
    for (const [env, success] of [
      [{ NODE_EXTRA_CA_CERTS: ca }, true],
      [{}, false],
    ] as const) {
      const client = await services.start({
        app: 'test-client',
        env: { KV_SERVICE_URL: `https://localhost:${service.port}`, ...env },
      });
      expect((await client.http.send('POST', '/test/deletion')).json()).toMatchObject({ success });
      await client.kill();
    }
  });
});
