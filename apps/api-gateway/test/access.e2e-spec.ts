import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Verb } from '@kvasir/kv-core';
import {
  freePort,
  testApiKey,
  useTestServices,
  writeApiKeys,
  type HttpAnswer,
  type ServiceProcess,
} from '@kvasir/test-harness';

const services = useTestServices();

const ALL: readonly Verb[] = ['read', 'write', 'delete', 'monitor', 'admin'];
const CALLERS = {
  everything: { verbs: ALL, prefixes: [''] },
  'read-only': { verbs: ['read'], prefixes: [''] },
  'another-prefix': { verbs: ALL, prefixes: ['other:', 'user:1:'] },
  'only-read': { verbs: ['read'], prefixes: ['user:'] },
  'only-write': { verbs: ['write'], prefixes: ['user:'] },
  'only-delete': { verbs: ['delete'], prefixes: ['user:'] },
} as const;
type CallerName = keyof typeof CALLERS;

interface RouteCase {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  readonly needs: 'read' | 'write' | 'delete' | 'open' | 'metrics';
  readonly status: number;
}

/** Every route that the gateway has, by its name in the OpenAPI document. */
const ROUTES: Readonly<Record<string, RouteCase>> = {
  'GET /': { method: 'GET', path: '/', needs: 'open', status: 200 },
  'GET /health': { method: 'GET', path: '/health', needs: 'open', status: 200 },
  'GET /health/ready': { method: 'GET', path: '/health/ready', needs: 'open', status: 200 },
  'GET /metrics': { method: 'GET', path: '/metrics', needs: 'metrics', status: 200 },
  'PUT /v1/values': {
    method: 'PUT',
    path: '/v1/values',
    body: '{"key":"user:1","value":"v"}',
    needs: 'write',
    status: 200,
  },
  'GET /v1/values/{key}': { method: 'GET', path: '/v1/values/user:1', needs: 'read', status: 200 },
  'DELETE /v1/values/{key}': { method: 'DELETE', path: '/v1/values/user:1', needs: 'delete', status: 204 },
};

let store: ServiceProcess;
let gateway: ServiceProcess;

/** A key that the gateway knows, and kv-service does not. */
const GATEWAY_ONLY = 'known-to-the-gateway';

const METRICS_KEY = 'key-of-prometheus';

beforeAll(async () => {
  const directory = services.directory();
  const port = String(await freePort());
  const shared = { GRPC_TOKEN: 'peer-token' };
  const env = { ...shared, STORE: 'memory', GRPC_PORT: port, API_KEYS_FILE: writeApiKeys(directory, CALLERS) };
  store = await services.start({ env });
  const keys = [...Object.keys(CALLERS).map(testApiKey), GATEWAY_ONLY].join(',');
  gateway = await services.start({
    app: 'api-gateway',
    env: { ...shared, KV_GRPC_URL: `127.0.0.1:${port}`, API_KEYS: keys, METRICS_KEY },
  });
});

const send = (
  { http }: ServiceProcess,
  { method, path, body }: Pick<RouteCase, 'method' | 'path' | 'body'>,
  key?: string,
): Promise<HttpAnswer> =>
  http.send(method, path, {
    body,
    headers: {
      ...(key !== undefined && { 'x-api-key': key }),
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
    },
  });

const everything = testApiKey('everything');

async function wholeStore(): Promise<unknown> {
  const { keys } = (await send(store, { method: 'GET', path: '/kv' }, everything)).json() as { keys: string[] };
  const operations = keys.map((key) => ({ op: 'get', key }));
  const batch = { method: 'POST', path: '/kv/batch', body: JSON.stringify({ operations }) };
  const values = (await send(store, batch, everything)).json();
  return [values, (await send(store, { method: 'GET', path: '/stats' }, everything)).json()];
}

/** Who must be refused: whoever lacks the verb, or has it for other keys. */
function refusedCallers(needs: 'read' | 'write' | 'delete'): CallerName[] {
  const verbs = ['read', 'write', 'delete'] as const;
  const others = verbs.filter((verb) => verb !== needs).map((verb) => `only-${verb}` as const);
  return [...others, 'another-prefix', ...(needs === 'read' ? [] : (['read-only'] as const))];
}

describe('the routes of api-gateway, in front of a kv-service with API keys', () => {
  beforeEach(async () => {
    const body = '{"value":"v"}';
    expect((await send(store, { method: 'PUT', path: '/kv/user:1', body }, everything)).status).toBe(200);
  });

  it('are those of the walk: a new one says here what it needs', async () => {
    const { paths } = (await gateway.http.get('/docs-json')).json() as { paths: Record<string, object> };
    const names = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(names.sort()).toEqual(Object.keys(ROUTES).sort());
  });

  it.each(Object.entries(ROUTES))(
    '%s refuses whoever has no right to it, and changes nothing',
    async (_name, route) => {
      const { needs } = route;
      if (needs === 'open') {
        expect((await send(gateway, route)).status).toBe(route.status);
        return;
      }
      // See below.
      if (needs === 'metrics') return;
      const before = await wholeStore();
      const form = (text: RegExp): object => ({ error: expect.stringMatching(text) });
      const refusals: [string | undefined, number, RegExp][] = [
        [undefined, 401, /^the header x-api-key is missing$/],
        ['wrong', 401, /^the header x-api-key is none of the keys known here$/],
        [METRICS_KEY, 401, /^the header x-api-key is none of the keys known here$/],
        [GATEWAY_ONLY, 401, /^kv-service does not know this API key$/],
        ...refusedCallers(needs).map((name): [string, number, RegExp] => [
          testApiKey(name),
          403,
          new RegExp(`^this API key has no right to ${needs} the key 'user:1'$`),
        ]),
      ];
      for (const [key, status, text] of refusals) {
        const answer = await send(gateway, route, key);
        expect([answer.status, answer.json()]).toEqual([status, form(text)]);
        if (status === 401) expect(answer.headers['www-authenticate']).toBe('ApiKey header="x-api-key"');
      }
      expect(await wholeStore()).toEqual(before);
      expect((await send(gateway, route, testApiKey(`only-${needs}`))).status).toBe(route.status);
    },
  );

  it('refuse in the words of the API document', async () => {
    const { paths } = (await gateway.http.get('/docs-json')).json() as {
      paths: Record<string, Record<string, { responses: Record<string, { content: Record<string, object> }> }>>;
    };
    for (const [name, route] of Object.entries(ROUTES)) {
      if (route.needs === 'open' || route.needs === 'metrics') continue;
      const [method, path] = name.split(' ') as [string, string];
      const documented = paths[path]![method.toLowerCase()]!.responses['403']!.content['application/json'];
      // oxlint-disable-next-line no-await-in-loop -- three of them
      const answer = await send(gateway, route, testApiKey('another-prefix'));
      expect({ name, body: answer.json() }).toEqual({ name, body: (documented as { example: unknown }).example });
    }
  });

  it.each([
    [{}, 401],
    [{ 'x-api-key': 'wrong' }, 401],
    [{ Authorization: 'Bearer wrong' }, 401],
    [{ Authorization: METRICS_KEY }, 401],
    [{ 'x-api-key': testApiKey('everything') }, 403],
    [{ 'x-api-key': GATEWAY_ONLY }, 403],
    [{ 'x-api-key': METRICS_KEY }, 200],
    [{ Authorization: `Bearer ${METRICS_KEY}` }, 200],
  ])('GET /metrics with %j is a %d', async (headers: Readonly<Record<string, string>>, status) => {
    for (const method of ['GET', 'HEAD']) {
      const answer = await gateway.http.send(method, '/metrics', { headers });
      expect(answer.status).toBe(status);
      if (status === 401) expect(answer.headers['www-authenticate']).toMatch(/^Bearer .*, ApiKey header="x-api-key"$/);
      if (status !== 200 && method === 'GET')
        expect(answer.json()).toEqual({ error: expect.stringContaining('metrics') });
    }
  });

  it('do not log what callers have no right to as something that is wrong', async () => {
    await send(gateway, ROUTES['GET /v1/values/{key}'] as RouteCase, testApiKey('another-prefix'));
    await send(gateway, ROUTES['GET /v1/values/{key}'] as RouteCase, GATEWAY_ONLY);
    expect(gateway.logLines.filter(({ level }) => level >= 40)).toEqual([]);
  });
});
