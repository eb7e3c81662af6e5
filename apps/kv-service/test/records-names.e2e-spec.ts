import { beforeAll, describe, expect, it } from '@jest/globals';
import { useTestServices, type HttpClient, type ServiceProcess } from '@kvasir/test-harness';
import { added, deleted, error, recordCalls, reserved } from './testing/records.js';
import { changes, said, segmentOf } from './testing/wire-errors.js';

const services = useTestServices();
let service: ServiceProcess;
let http: HttpClient;

beforeAll(async () => {
  service = await services.start();
  ({ http } = service);
});

const { put, bulk } = recordCalls(() => service);

const RESERVED =
  'admin api batch bulk console docs docs-json docs-yaml favicon.ico health keys kv metrics ready robots.txt stats test ui v1 watch'.split(
    ' ',
  );
/** The names whose GET is a route of its own. */
const READABLE = ['docs', 'docs-json', 'docs-yaml', 'health', 'kv', 'metrics', 'stats'];

describe('a reserved name', () => {
  it.each(RESERVED)('%s is no key of a record, percent-encoded or not', async (name) => {
    const changed = await changes(http, async () => {
      for (const path of [`/${name}`, `/${segmentOf(name)}`]) {
        const own = { GET: READABLE.includes(name), PUT: name === 'bulk', DELETE: false };
        for (const method of ['GET', 'PUT', 'DELETE'] as const) {
          if (own[method] && path === `/${name}`) continue;
          const body = method === 'PUT' ? '{"value":1}' : undefined;
          expect(said(await http.send(method, path, { body }))).toEqual(reserved(name));
        }
      }
    });
    expect(changed).toBe(false);
  });

  it.each(RESERVED)('%s is none in bulk either, for any method', async (name) => {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const operations = [
        { method: 'PUT', key: 'beside', value: 1 },
        { method, key: name, value: 1 },
      ];
      expect(said(await http.put('/bulk', operations))).toEqual(reserved(name));
    }
    expect((await http.get('/beside')).status).toBe(404);
  });

  it.each(READABLE)('%s still answers GET with its own route', async (name) => {
    expect((await http.get(`/${name}`)).status).toBe(200);
  });

  it('can be reached through the other APIs', async () => {
    await http.put('/kv/kv', { value: 1 });
    expect(said(await http.get('/keys/kv'))).toEqual([200, { success: true, key: 'kv', value: 1 }]);
    expect(said(await http.get('/kv'))[0]).toBe(200);
    await http.delete('/kv/kv');
  });

  it.each(['.', '..', '.env', '.well-known', '.git%2Fconfig', '.%2e'])(
    'starts with a dot that is not percent-encoded: /%s',
    async (segment) => {
      const name = decodeURIComponent(segment);
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const body = method === 'PUT' ? '{"value":1}' : undefined;
        expect(said(await http.send(method, `/${segment}`, { body }))).toEqual(reserved(name));
      }
    },
  );

  it('does not start with a dot that is percent-encoded', async () => {
    expect(said(await put('%2Eenv', '{"value":1}'))).toEqual(added('.env'));
    expect(said(await http.get('/%2eenv'))).toEqual([200, { key: '.env', value: 1 }]);
    expect(said(await http.delete('/%2eenv'))).toEqual(deleted('.env'));
  });

  it('starts with a dot in bulk too, where nothing is percent-encoded', async () => {
    expect(said(await bulk('[{"method":"PUT","key":".env","value":1}]'))).toEqual(reserved('.env'));
  });

  it.each(['KV', 'Keys', 'kv%20', 'kv2', 'kv.json', 'env.'])(
    'is told case by case, as a whole: %s is none',
    async (segment) => {
      expect(said(await put(segment, '{"value":1}'))).toEqual(added(decodeURIComponent(segment)));
      expect(said(await http.delete(`/${segment}`))).toEqual(deleted(decodeURIComponent(segment)));
    },
  );
});

describe('a path that is nearly one of another API', () => {
  it.each([
    ['GET', '/keys', 400, /^'keys' is a reserved name$/],
    ['PUT', '/kv', 400, /^'kv' is a reserved name$/],
    ['PUT', '/docs', 400, /^'docs' is a reserved name$/],
    ['DELETE', '/stats', 400, /^'stats' is a reserved name$/],
    ['GET', '/bulk', 400, /^'bulk' is a reserved name$/],
    ['POST', '/bulk', 400, /^'bulk' is a reserved name$/],
    ['POST', '/keys', 400, /^'keys' is a reserved name$/],
    ['PATCH', '/%6beys', 400, /^'keys' is a reserved name$/],
    ['OPTIONS', '/.env', 400, /^'.env' is a reserved name$/],
    ['GET', '/KV/x', 404, /a slash inside a key is written %2F/],
    ['PUT', '/foo/bar', 404, /a slash inside a key is written %2F/],
    ['PUT', '/foo/', 404, /nothing at this path/],
    ['PUT', '/bulk/', 404, /nothing at this path/],
    ['GET', '//', 404, /nothing at this path/],
    ['GET', '//kv/x', 404, /nothing at this path/],
  ])('%s %s is a %i of records', async (method, path, status, text) => {
    const changed = await changes(http, async () => {
      const body = method === 'PUT' ? '{"value":1}' : undefined;
      expect(said(await http.send(method, path, { body }))).toEqual([status, error(expect.stringMatching(text))]);
    });
    expect(changed).toBe(false);
  });

  it.each([
    ['POST', '/anything', 'GET, HEAD, PUT, DELETE'],
    ['PATCH', '/anything', 'GET, HEAD, PUT, DELETE'],
    ['OPTIONS', '/%zz', 'GET, HEAD, PUT, DELETE'],
  ])('%s %s is a 405 of records with Allow: %s', async (method, path, allow) => {
    const answer = await http.send(method, path);
    expect(said(answer)).toEqual([405, error(expect.stringMatching(`${method} is not allowed here`))]);
    expect(answer.headers.allow).toBe(allow);
  });

  it.each([
    ['GET', '/kv/', 400],
    ['POST', '/kv', 405],
    ['PUT', '/', 405],
    ['PUT', '/docs/x', 405],
    ['POST', '/docs', 405],
    ['GET', '/kv/a/b', 404],
    ['GET', '/stats/', 404],
    ['GET', '/api/v1', 404],
  ])('%s %s is a %i in the form of that API, or of none', async (method, path, status) => {
    const answer = await http.send(method, path, { body: method === 'PUT' ? '{"value":1}' : undefined });
    expect(said(answer)).toEqual([status, expect.objectContaining({ error: expect.any(String), status })]);
  });
});
