import { Client, credentials, Metadata, status as Status, type ServiceError } from '@grpc/grpc-js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { GrpcKvClient } from '@kvasir/client';
import { KEY_VALUE_SERVICE } from '@kvasir/contracts';
import { VERBS, type Verb } from '@kvasir/kv-core';
import {
  freePort,
  testApiKey,
  useTestServices,
  writeApiKeys,
  type HttpAnswer,
  type ServiceProcess,
  type TestRights,
} from '@kvasir/test-harness';
import { formAt, ROUTE_NEEDS, RPC_NEEDS, type RouteCase } from './testing/route-needs.js';

const services = useTestServices();

const ADMIN_KEY = 'admin-key-of-this-test';
const only = (verbs: readonly Verb[]): string => `only ${verbs.join(' and ')}`;

const NEEDED = [...Object.values(ROUTE_NEEDS).flat(), ...Object.values(RPC_NEEDS)].flatMap(({ needs }) =>
  typeof needs === 'string' ? [] : [needs],
);

/** Whose keys the service knows. */
const CALLERS: Readonly<Record<string, TestRights>> = {
  everything: { verbs: VERBS, prefixes: [''] },
  'read-only': { verbs: ['read'], prefixes: [''] },
  'another prefix': { verbs: VERBS, prefixes: ['other:', 'user:1:', 'USER:'] },
  'no keys': { verbs: VERBS, prefixes: [] },
  ...Object.fromEntries(
    VERBS.map((verb) => [`all but ${verb}`, { verbs: VERBS.filter((other) => other !== verb), prefixes: [''] }]),
  ),
  ...Object.fromEntries(
    NEEDED.map((verbs) => [only(verbs), { verbs, prefixes: verbs.includes('admin') ? [''] : ['user:'] }]),
  ),
};

const UNKNOWN_KEYS: readonly Readonly<Record<string, string>>[] = [
  { 'x-api-key': 'wrong' },
  { 'x-api-key': '' },
  { 'x-api-key': `${testApiKey('everything')}x` },
  { Authorization: 'Bearer wrong' },
];

let service: ServiceProcess;
let keysFile: string;
let grpc: Client;

beforeAll(async () => {
  const directory = services.directory();
  keysFile = writeApiKeys(directory, CALLERS);
  const port = await freePort();
  service = await services.start({
    directory,
    env: { API_KEYS_FILE: keysFile, ADMIN_KEY, GRPC_PORT: String(port) },
  });
  grpc = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
});
afterAll(() => grpc.close());

type Request = Pick<RouteCase, 'method' | 'path' | 'body' | 'contentType'>;

/** A request with these headers. */
function send(
  { method, path, body, contentType = 'application/json' }: Request,
  headers: Readonly<Record<string, string>> = {},
): Promise<HttpAnswer> {
  if (body === undefined) return service.http.send(method, path, { headers });
  return service.http.send(method, path, {
    headers: { 'Content-Type': contentType, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

/** A request with the key of a caller. */
const sendAs = (caller: string, request: Request): Promise<HttpAnswer> =>
  send(request, { 'x-api-key': testApiKey(caller) });

/** Everything there is: keys, values, and the revision, which any write would raise. */
async function wholeStore(): Promise<unknown> {
  const { keys } = (await sendAs('everything', { method: 'GET', path: '/kv' })).json() as { keys: string[] };
  const operations = keys.map((key) => ({ op: 'get', key }));
  const values = (await sendAs('everything', { method: 'POST', path: '/kv/batch', body: { operations } })).json();
  const { revision } = (await sendAs('everything', { method: 'GET', path: '/stats' })).json() as { revision: number };
  return { keys, values, revision };
}

/** `user:1` and `other:1` are 1, and nothing else is there. */
async function reset(): Promise<void> {
  const operations = [
    { op: 'set', key: 'user:1', value: 1 },
    { op: 'set', key: 'other:1', value: 1 },
    { op: 'delete', key: 'user:new' },
    { op: 'delete', key: 'user:imported' },
  ];
  expect((await sendAs('everything', { method: 'POST', path: '/kv/batch', body: { operations } })).status).toBe(200);
}

/** The callers who must be refused: whoever lacks one of the verbs, or has them for other keys. */
function refusedCallers({ needs, of }: Pick<RouteCase, 'needs' | 'of'>): string[] {
  if (typeof needs === 'string') return [];
  const lacking = needs.map((verb) => `all but ${verb}`);
  const readOnly = needs.every((verb) => verb === 'read') ? [] : ['read-only'];
  return [...lacking, ...readOnly, ...(of === 'no key' ? [] : ['another prefix', 'no keys'])];
}

function expectRefusal(answer: HttpAnswer, { method, path }: RouteCase, status: number, text: RegExp): void {
  expect(answer.status).toBe(status);
  expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
  if (method !== 'HEAD') expect(answer.json()).toEqual(formAt(path)(expect.stringMatching(text)));
  if (status === 401) expect(answer.headers['www-authenticate']).toMatch(/^Bearer realm="kvasir".* ApiKey/);
}

interface ApiDocument {
  readonly security: readonly object[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationDoc>>>>;
}
interface OperationDoc {
  readonly security?: readonly object[];
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { example?: unknown }>> }>>;
}

async function documented(): Promise<Map<string, OperationDoc>> {
  const { paths, security } = (await service.http.get('/docs-json')).json() as ApiDocument;
  expect(security).toEqual([{ 'x-api-key': [] }, { bearer: [] }]);
  return new Map(
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, doc]) => [`${method.toUpperCase()} ${path}`, doc] as const),
    ),
  );
}

describe('the routes of kv-service with API keys', () => {
  it('are those of the walk: a new one says in route-needs.ts what it needs', async () => {
    expect(Object.keys(ROUTE_NEEDS).sort()).toEqual([...(await documented()).keys()].sort());
  });

  it('say in the API document whether they need a key, and how they refuse', async () => {
    for (const [name, { security, responses }] of await documented()) {
      const needs = ROUTE_NEEDS[name]?.[0]?.needs;
      expect([name, security]).toEqual([name, needs === 'open' ? [] : undefined]);
      const expected = { open: [], key: ['401'], verbs: ['401', '403'] }[typeof needs === 'string' ? needs : 'verbs'];
      const refused = Object.keys(responses).filter((status) => status === '401' || status === '403');
      expect([name, refused]).toEqual([name, expected]);
    }
  });

  it('refuse callers without rights in the words of the API document', async () => {
    const documents = await documented();
    for (const [name, cases] of Object.entries(ROUTE_NEEDS)) {
      const refusal = documents.get(name)!.responses['403'];
      if (refusal === undefined) continue;
      const routes = cases.filter(({ method }) => method !== 'HEAD');
      const answers = await Promise.all(
        routes.flatMap((route) => refusedCallers(route).map((caller) => sendAs(caller, route))),
      );
      const bodies = answers.map(({ text }) => JSON.parse(text.replaceAll('user:new', 'user:1')) as unknown);
      expect({ name, bodies }).toEqual({
        name,
        bodies: expect.arrayContaining([refusal.content!['application/json']!.example]),
      });
    }
  });

  describe.each(Object.entries(ROUTE_NEEDS))('%s', (_name, cases) => {
    it('refuses whoever has no right to it, changes nothing, and serves whoever has', async () => {
      await reset();
      for (const route of cases) {
        const before = await wholeStore();
        if (route.needs !== 'open') {
          expectRefusal(await send(route), route, 401, /^an API key is needed; send it in the header x-api-key/);
          for (const headers of UNKNOWN_KEYS) {
            expectRefusal(await send(route, headers), route, 401, /^the API key is not known here$/);
          }
        }
        for (const caller of refusedCallers(route)) {
          expectRefusal(await sendAs(caller, route), route, 403, /^this API key has no right to /);
        }
        expect(await wholeStore()).toEqual(before);
        const { needs } = route;
        const allowed = needs === 'open' ? send(route) : sendAs(needs === 'key' ? 'no keys' : only(needs), route);
        expect([route.method, route.path, (await allowed).status]).toEqual([route.method, route.path, route.status]);
      }
    });
  });

  it('need a key where there is nothing, too', async () => {
    for (const path of ['/nothing/here', '/kv/a/b', '/.env', '/favicon.ico', '/admin/nothing']) {
      expect((await send({ method: 'GET', path })).status).toBe(401);
      expect((await send({ method: 'PATCH', path })).status).toBe(401);
    }
    expect((await send({ method: 'POST', path: '/health' })).status).toBe(401);
    expect((await sendAs('read-only', { method: 'GET', path: '/nothing/here' })).status).toBe(404);
  });
});

describe('a request', () => {
  beforeEach(reset);

  const GET = { method: 'GET', path: '/kv/user:1' };
  const key = testApiKey('read-only');

  it.each<Readonly<Record<string, string>>>([
    { 'x-api-key': key },
    { Authorization: `Bearer ${key}` },
    { authorization: `bearer  ${key}` },
    { 'x-api-key': key, Authorization: `Bearer ${key}` },
    { 'x-api-key': key, Authorization: 'Basic dXNlcjpwYXNz' },
  ])('brings its key as %j', async (headers) => {
    expect((await send(GET, headers)).status).toBe(200);
  });

  it('that brings two keys is a 400', async () => {
    const answer = await send(GET, { 'x-api-key': key, Authorization: `Bearer ${testApiKey('everything')}` });
    expect([answer.status, (answer.json() as { error: string }).error]).toEqual([
      400,
      'x-api-key and Authorization bring different API keys; send one of them',
    ]);
  });

  it('without a key is refused for every scheme but Bearer', async () => {
    for (const Authorization of [`Basic ${key}`, key, 'Bearer', `Bearer ${key} ${key}`]) {
      expect((await send(GET, { Authorization })).status).toBe(401);
    }
  });

  it('for a key that may not be read is answered alike whether the key is there or not', async () => {
    const paths = ['/kv/', '/keys/', '/', '/api/v1/store/'];
    for (const path of paths) {
      const [there, missing] = await Promise.all(
        ['user:1', 'user:2'].map((name) => sendAs('another prefix', { method: 'GET', path: path + name })),
      );
      expect(there?.status).toBe(403);
      expect(there?.text.replaceAll('user:1', 'user:2')).toBe(missing?.text);
    }
  });

  it('with one forbidden key among others changes nothing', async () => {
    const before = await wholeStore();
    const allowed = Array.from({ length: 3 }, (_, i) => `other:${i + 2}`);
    for (let at = 0; at <= allowed.length; at++) {
      const names = allowed.toSpliced(at, 0, 'user:1');
      const operations = names.map((name) => ({ op: 'set', key: name, value: 2 }));
      const batch = await sendAs('another prefix', { method: 'POST', path: '/kv/batch', body: { operations } });
      expect([batch.status, batch.text]).toEqual([403, expect.stringContaining("to write the key 'user:1'")]);
      const records = names.map((name) => ({ method: 'PUT', key: name, value: 2 }));
      const bulk = await sendAs('another prefix', { method: 'PUT', path: '/bulk', body: records });
      expect([bulk.status, bulk.text]).toEqual([403, expect.stringContaining("to write the key 'user:1'")]);
    }
    expect(await wholeStore()).toEqual(before);
  });

  it('lists the keys that may be read, and no other', async () => {
    const keysFor = async (caller: string, query = ''): Promise<unknown> =>
      ((await sendAs(caller, { method: 'GET', path: `/kv${query}` })).json() as { keys: string[] }).keys;
    expect(await keysFor('everything')).toEqual(['other:1', 'user:1']);
    expect(await keysFor('another prefix')).toEqual(['other:1']);
    expect(await keysFor('another prefix', '?prefix=o')).toEqual(['other:1']);
    expect(await keysFor('another prefix', '?prefix=user:')).toEqual([]);
    expect(await keysFor('only read')).toEqual(['user:1']);
    expect(await keysFor('only write')).toEqual([]);
    expect(await keysFor('all but read')).toEqual([]);
  });

  it('to /admin may bring ADMIN_KEY, which opens nothing else', async () => {
    const headers = { 'x-api-key': ADMIN_KEY };
    expect((await send({ method: 'POST', path: '/admin/compact' }, headers)).status).toBe(202);
    for (const path of ['/stats', '/kv', '/kv/user:1', '/user:1', '/admin']) {
      expect((await send({ method: 'GET', path }, headers)).status).toBe(401);
    }
  });
});

describe('the rpcs of kv-service with API keys', () => {
  type Rpc = (typeof KEY_VALUE_SERVICE)[keyof typeof KEY_VALUE_SERVICE];

  /** What a call ended with. */
  function call(rpc: string, request: object, metadata: Readonly<Record<string, string>>): Promise<unknown> {
    const { path, requestSerialize } = KEY_VALUE_SERVICE[rpc as keyof typeof KEY_VALUE_SERVICE] as Rpc;
    const sent = new Metadata();
    for (const [name, value] of Object.entries(metadata)) sent.set(name, value);
    const serialize = requestSerialize as (message: object) => Buffer;
    const deadline = Date.now() + 5000;
    return new Promise((resolve) => {
      const done = (error: ServiceError | null): void =>
        resolve(error === null ? [Status.OK] : [error.code, error.details, error.metadata.get('kvasir-error')[0]]);
      grpc.makeUnaryRequest(path, serialize, (bytes) => bytes, request, sent, { deadline }, done);
    });
  }

  it('are those of the walk: a new one says in route-needs.ts what it needs', () => {
    expect(Object.keys(RPC_NEEDS).sort()).toEqual(Object.keys(KEY_VALUE_SERVICE).sort());
  });

  it.each(Object.entries(RPC_NEEDS))('%s refuses whoever has no right to it', async (rpc, { request, needs }) => {
    await reset();
    const before = await wholeStore();
    if (needs === 'open') {
      expect(await call(rpc, request, {})).toEqual([Status.OK]);
      expect(await call(rpc, request, { 'x-api-key': 'wrong' })).toEqual([Status.OK]);
      return;
    }
    const missing = [
      Status.UNAUTHENTICATED,
      "an API key is needed; send it as metadata 'x-api-key'",
      'API_KEY_REFUSED',
    ];
    const unknown = [Status.UNAUTHENTICATED, 'the API key is not known here', 'API_KEY_REFUSED'];
    expect(await call(rpc, request, {})).toEqual(missing);
    expect(await call(rpc, request, { authorization: `Basic ${testApiKey('everything')}` })).toEqual(missing);
    expect(await call(rpc, request, { 'x-api-key': 'wrong' })).toEqual(unknown);
    expect(await call(rpc, request, { authorization: 'Bearer wrong' })).toEqual(unknown);
    for (const caller of refusedCallers({ needs, of: 'user:' })) {
      const refused = [Status.PERMISSION_DENIED, expect.stringMatching(/^this API key has no right to /), 'FORBIDDEN'];
      expect(await call(rpc, request, { 'x-api-key': testApiKey(caller) })).toEqual(refused);
    }
    expect(await wholeStore()).toEqual(before);
    expect(await call(rpc, request, { 'x-api-key': testApiKey(only(needs)) })).toEqual([Status.OK]);
    await reset();
    expect(await call(rpc, request, { authorization: `Bearer ${testApiKey(only(needs))}` })).toEqual([Status.OK]);
    await reset();
    const both = { 'x-api-key': testApiKey(only(needs)), authorization: 'Bearer token-of-a-peer' };
    expect(await call(rpc, request, both)).toEqual([Status.OK]);
  });

  it('take the key that the client was set up with, or that a call brings', async () => {
    await reset();
    const address = grpc.getChannel().getTarget().replace(/^dns:/, '');
    const client = new GrpcKvClient(address, { apiKey: testApiKey('only read') });
    try {
      expect(await client.get('user:1')).toBe('1');
      await expect(client.set('user:1', 'x')).rejects.toMatchObject({
        status: 'PERMISSION_DENIED',
        errorCode: 'FORBIDDEN',
      });
      await client.set('user:1', 'x', { apiKey: testApiKey('only write') });
      expect(await client.get('user:1')).toBe('x');
      expect((await client.health()).status).toBe('healthy');
      expect(() => new GrpcKvClient(address, { apiKey: 'two words' })).toThrow(/^the API key is empty, or holds/);
    } finally {
      client.close();
    }
  });

  it('do not take the token of a peer for a key, nor a key for the token', async () => {
    const port = await freePort();
    await services.start({
      env: { API_KEYS_FILE: keysFile, GRPC_TOKEN: 'peer-token', GRPC_PORT: String(port), STORE: 'memory' },
    });
    const own = grpc;
    grpc = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
    try {
      const key = testApiKey('everything');
      const token = { authorization: 'Bearer peer-token' };
      const wrongPeer = [Status.UNAUTHENTICATED, expect.stringMatching(/the token of this service$/), undefined];
      expect(await call('Set', { key: 'a', value: 'b' }, token)).toContain('API_KEY_REFUSED');
      expect(await call('Set', { key: 'a', value: 'b' }, { 'x-api-key': key })).toEqual(wrongPeer);
      const keyAsToken = { authorization: `Bearer ${key}` };
      expect(await call('Set', { key: 'a', value: 'b' }, keyAsToken)).toEqual(wrongPeer);
      expect(await call('Set', { key: 'a', value: 'b' }, { ...token, 'x-api-key': key })).toEqual([Status.OK]);
    } finally {
      grpc.close();
      grpc = own;
    }
  });
});
