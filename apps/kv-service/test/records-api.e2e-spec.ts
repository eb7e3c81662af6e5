import { beforeAll, describe, expect, it } from '@jest/globals';
import { useTestServices, type HttpClient, type ServiceProcess } from '@kvasir/test-harness';
import { foreignLine, logLines, secondsAgo, writeLog } from './testing/log-file.js';
import { KEYS, spaced, VALUE_TEXTS } from './testing/texts.js';
import { changes, describeCommonRefusals, nested, said, segmentOf } from './testing/wire-errors.js';

const services = useTestServices();

const success = (message: string) => ({ status: 'Success', message });
const error = (message: unknown) => ({ status: 'Error', message });
const added = (key: string) => [200, success(`Record with the key '${key}' was made successfully`)];
const deleted = (key: string) => [200, success(`Record with the key '${key}' deleted`)];
const notFound = (key: string) => [404, error(`Record with the key '${key}' not found`)];
const exists = (key: string) => [400, error(`Record with the key '${key}' already exists and can not be modified`)];
const reserved = (key: string) => [400, error(`'${key}' is a reserved name`)];
const unchanged = (problem: string) => [400, error(`${problem}. No changes were made`)];

let service: ServiceProcess;
let http: HttpClient;
let lastKey = 0;

beforeAll(async () => {
  service = await services.start();
  ({ http } = service);
});

/** A key that no other test has. */
const newKey = (): string => `record-${++lastKey}`;
const put = (key: string, body: string) => http.send('PUT', `/${key}`, { body });
const bulk = (body: string) => http.send('PUT', '/bulk', { body });
const lines = () => logLines(service.directory).map((line) => JSON.parse(line) as Record<string, unknown>);

describe('PUT /{key}', () => {
  it('adds a record, and never changes one', async () => {
    const key = newKey();
    expect(said(await put(key, '{"value":{"n":1}}'))).toEqual(added(key));
    for (const value of ['{"n":1}', 'null', '2']) {
      expect(said(await put(key, `{"value":${value}}`))).toEqual(exists(key));
      expect((await http.get(`/${key}`)).text).toBe(`{"key":"${key}","value":{"n":1}}`);
    }
  });

  it('is refused for a key that another API has written, until that is deleted', async () => {
    const key = newKey();
    await http.put(`/kv/${key}`, { value: 1 });
    expect(said(await put(key, '{"value":2}'))).toEqual(exists(key));
    await http.delete(`/kv/${key}`);
    expect(said(await put(key, '{"value":2}'))).toEqual(added(key));
  });

  it.each(['false', '0', '""', 'null', '[]', '{}'])('takes %s for a value', async (value) => {
    const key = newKey();
    expect(said(await put(key, `{"value":${value}}`))).toEqual(added(key));
    expect((await http.get(`/${key}`)).text).toBe(`{"key":"${key}","value":${value}}`);
  });

  it('keeps every JSON value as the text that it was sent as, without white space between its tokens', async () => {
    for (const text of VALUE_TEXTS) {
      const key = newKey();
      expect(said(await put(key, `{"other":1,"value":${spaced(text)}}`))).toEqual(added(key));
      expect((await http.get(`/${key}`)).text).toBe(`{"key":"${key}","value":${text}}`);
    }
  });

  it.each([
    ['', 30],
    [',"tll":null', 30],
    [',"ttl":null', 30],
    [',"tll":1', 1],
    [',"ttl":1', 1],
    [',"tll":5.0', 5],
    [',"tll":1e2', 100],
    [',"tll":"7"', 7],
    [',"ttl":"007"', 7],
    [String.raw`,"tll":"\u0037"`, 7],
    [',"tll":52560000', 52_560_000],
    [',"tll":"52560000"', 52_560_000],
  ])('with %j lives %i minutes', async (member, minutes) => {
    const key = newKey();
    expect(said(await put(key, `{"value":1${member}}`))).toEqual(added(key));
    expect(lines().at(-1)).toMatchObject({ op: 'set', key, value: 1, ttl: minutes * 60 });
  });

  it('lives TLL_DEFAULT minutes when its request does not say', async () => {
    const other = await services.start({ env: { TLL_DEFAULT: '2' } });
    await other.http.put('/a', { value: 1 });
    await other.http.put('/bulk', [{ method: 'PUT', key: 'b', value: 1 }]);
    await other.http.put('/c', { value: 1, tll: 3 });
    const ttls = logLines(other.directory).map((line) => (JSON.parse(line) as { ttl?: number }).ttl);
    expect(ttls).toEqual([120, 120, 180]);
  });

  it.each([
    '0',
    '-1',
    '1.5',
    '52560001',
    '1e400',
    'true',
    '[]',
    '[5]',
    '{}',
    '""',
    '"0"',
    '"-1"',
    '"+1"',
    '" 1"',
    '"1.0"',
    '"1e2"',
    '"0x10"',
    '"٣"',
    '"abc"',
    '"52560001"',
    `"${'9'.repeat(400)}"`,
  ])('refuses a tll of %s, and a ttl too', async (tll) => {
    const key = newKey();
    const changed = await changes(http, async () => {
      for (const name of ['tll', 'ttl']) {
        expect(said(await put(key, `{"value":1,"${name}":${tll}}`))).toEqual(unchanged('TLL is invalid'));
      }
    });
    expect(changed).toBe(false);
  });

  it.each(['"tll":1,"ttl":1', '"ttl":1,"tll":2', '"tll":1,"ttl":null', '"tll":null,"ttl":null'])(
    'refuses both spellings at once: %s',
    async (both) => {
      expect(said(await put(newKey(), `{"value":1,${both}}`))).toEqual(unchanged('TLL is invalid'));
    },
  );

  it.each(['{}', '{"Value":1}', '{"tll":5}', '{"tll":"bad"}'])("refuses %s, which has no 'value'", async (body) => {
    const changed = await changes(http, async () => {
      expect(said(await put(newKey(), body))).toEqual(unchanged("JSON Body misses the 'value' attribute"));
    });
    expect(changed).toBe(false);
  });

  it.each([
    '',
    ' ',
    '{"value":1',
    '{"value":}',
    '{"value":1}}',
    '{"value":01}',
    '{value:1}',
    'value',
    '\uFEFF{"value":1}',
    '[]',
    '[{"value":1}]',
    '"value"',
    '5',
    'null',
    '{"value":1,"value":1}',
    '{"value":1,"x":1,"x":1}',
  ])('refuses the body %j', async (body) => {
    const changed = await changes(http, async () => {
      expect(said(await put(newKey(), body))).toEqual(unchanged('JSON Body is invalid'));
    });
    expect(changed).toBe(false);
  });

  it('refuses bytes that are not UTF-8', async () => {
    const body = Buffer.from('{"value":"\xff"}', 'latin1');
    expect(said(await http.send('PUT', `/${newKey()}`, { body }))).toEqual(unchanged('JSON Body is invalid'));
  });
});

describe('GET and DELETE /{key}', () => {
  it('find a record until it is deleted, after which it can be added again', async () => {
    const key = newKey();
    expect(said(await http.get(`/${key}`))).toEqual(notFound(key));
    expect(said(await http.delete(`/${key}`))).toEqual(notFound(key));
    await put(key, '{"value":1}');
    expect(said(await http.get(`/${key}`))).toEqual([200, { key, value: 1 }]);
    expect(said(await http.delete(`/${key}`))).toEqual(deleted(key));
    expect(said(await http.get(`/${key}`))).toEqual(notFound(key));
    expect(said(await put(key, '{"value":2}'))).toEqual(added(key));
  });

  it('do not find a record whose time is over, which can be added again, in bulk too', async () => {
    const directory = services.directory();
    const over = (key: string) => foreignLine({ op: 'set', key, value: 1, ttl: 60, timestamp: secondsAgo(61) });
    writeLog(directory, over('one') + over('two') + over('three'));
    const late = (await services.start({ directory })).http;
    expect(said(await late.get('/one'))).toEqual(notFound('one'));
    expect(said(await late.delete('/one'))).toEqual(notFound('one'));
    expect(said(await late.put('/one', { value: 2 }))).toEqual(added('one'));
    expect((await late.put('/bulk', [{ method: 'PUT', key: 'two', value: 2 }])).status).toBe(200);
    expect((await late.put('/bulk', [{ method: 'GET', key: 'three' }])).status).toBe(400);
  });

  it('answer HEAD like GET, without the body', async () => {
    const key = newKey();
    await put(key, '{"value":1}');
    const head = await http.send('HEAD', `/${key}`);
    expect([head.status, head.text]).toEqual([200, '']);
    expect((await http.send('HEAD', '/nothing')).status).toBe(404);
    expect((await http.send('HEAD', '/keys')).status).toBe(400);
  });

  it('outlive the service, time and all', async () => {
    const first = await services.start();
    await first.http.put('/kept', { value: 'x', tll: 5 });
    await first.kill();
    const second = await services.start({ directory: first.directory });
    expect(said(await second.http.get('/kept'))).toEqual([200, { key: 'kept', value: 'x' }]);
    expect(said(await second.http.put('/kept', { value: 'y' }))).toEqual(exists('kept'));
  });
});

describe('the keys of records', () => {
  it('are keys like any other: slashes, dots when percent-encoded, names of objects, emoji', async () => {
    const fresh = (await services.start()).http;
    for (const key of KEYS) {
      if (key === 'batch') continue; // a reserved name
      const path = `/${segmentOf(key)}`;
      expect(said(await fresh.put(path, { value: key }))).toEqual(added(key));
      expect(said(await fresh.get(path))).toEqual([200, { key, value: key }]);
      const answer = await fresh.put('/bulk', [
        { method: 'GET', key },
        { method: 'DELETE', key },
      ]);
      // In a bulk nothing is percent-encoded, so a dot in front is one that is not.
      if (key.startsWith('.')) {
        expect(said(answer)).toEqual(reserved(key));
        continue;
      }
      expect(said(answer)).toEqual([
        200,
        {
          ...success('All operations completed. Changes saved.'),
          details: [
            { key, value: key },
            { key, result: 'deleted successfully' },
          ],
        },
      ]);
    }
  });
});

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

describe('PUT /bulk', () => {
  const done = (...details: unknown[]) => [200, { ...success('All operations completed. Changes saved.'), details }];
  const refused = (...details: unknown[]) => [
    400,
    { ...error('Not all operations were correct. No changes were made.'), details },
  ];
  const gone = (key: string) => ({ key, result: `Record with the key '${key}' does not exists` });
  const there = (key: string) => ({
    key,
    result: `Record with the key '${key}' already exists and can not be modified`,
  });

  it('does everything in order, each operation seeing the ones before it', async () => {
    const key = newKey();
    const operations = [
      { method: 'PUT', key, value: { n: 1 }, tll: 2 },
      { method: 'GET', key },
      { method: 'DELETE', key },
      { method: 'PUT', key, value: 2, ttl: '3' },
      { method: 'GET', key },
    ];
    expect(said(await http.put('/bulk', operations))).toEqual(
      done(
        { key, result: 'added successfully' },
        { key, value: { n: 1 } },
        { key, result: 'deleted successfully' },
        { key, result: 'added successfully' },
        { key, value: 2 },
      ),
    );
    expect(said(await http.get(`/${key}`))).toEqual([200, { key, value: 2 }]);
    expect(lines().at(-1)).toMatchObject({ key, ttl: 180 });
  });

  it('takes methods in any case, members in any order and members that it does not know', async () => {
    const key = newKey();
    const body = `[{"value":1.10,"x":[],"key":"${key}","method":"pUt"},{"key":"${key}","method":"get","tll":"no","value":5},{"key":"${key}","method":"Delete"}]`;
    expect((await bulk(body)).text).toBe(
      `{"status":"Success","message":"All operations completed. Changes saved.","details":[{"key":"${key}","result":"added successfully"},{"key":"${key}","value":1.10},{"key":"${key}","result":"deleted successfully"}]}`,
    );
  });

  it('keeps JSON values as they were sent', async () => {
    const key = newKey();
    for (const text of VALUE_TEXTS) {
      const answer = await bulk(
        `[{"method":"PUT","key":"${key}","value":${spaced(text)}},{"method":"GET","key":"${key}"},{"method":"DELETE","key":"${key}"}]`,
      );
      expect(answer.text).toContain(`{"key":"${key}","value":${text}}`);
    }
  });

  it('has nothing to do for an empty list', async () => {
    expect(said(await bulk(' [ ] '))).toEqual(done());
  });

  it.each(['false', '0', '""', 'null'])('takes %s for a value', async (value) => {
    const key = newKey();
    expect((await bulk(`[{"method":"PUT","key":"${key}","value":${value}}]`)).status).toBe(200);
    expect((await http.get(`/${key}`)).text).toBe(`{"key":"${key}","value":${value}}`);
  });

  it('changes nothing when one operation fails, and names each that did', async () => {
    const [old, fresh, none] = [newKey(), newKey(), newKey()];
    await put(old, '{"value":"old"}');
    const changed = await changes(http, async () => {
      const operations = [
        { method: 'PUT', key: fresh, value: 1 },
        { method: 'PUT', key: old, value: 2 },
        { method: 'GET', key: none },
        { method: 'PUT', key: fresh, value: 2 },
        { method: 'DELETE', key: old },
        { method: 'GET', key: old },
        { method: 'PUT', key: old, value: 3 },
        { method: 'DELETE', key: none },
        { method: 'GET', key: fresh },
      ];
      expect(said(await http.put('/bulk', operations))).toEqual(
        refused(there(old), gone(none), there(fresh), gone(old), gone(none)),
      );
    });
    expect(changed).toBe(false);
    expect(said(await http.get(`/${old}`))).toEqual([200, { key: old, value: 'old' }]);
  });

  it('is one transaction in the log, which is dropped whole when a part of it is missing', async () => {
    const first = await services.start();
    await first.http.put('/before', { value: 1 });
    const operations = ['a', 'b', 'c'].map((key) => ({ method: 'PUT', key, value: key }));
    await first.http.put('/bulk', operations);
    await first.kill();
    const all = logLines(first.directory);
    expect(all).toHaveLength(4);
    // As a power cut in its midst leaves it.
    writeLog(first.directory, `${all.slice(0, 3).join('\n')}\n`);
    const second = await services.start({ directory: first.directory });
    expect((await second.http.get('/kv')).json()).toEqual({ keys: ['before'] });
    expect((await second.http.put('/bulk', operations)).status).toBe(200);
  });

  const ok = '{"method":"PUT","key":"never-there","value":1}';
  it.each([
    // The whole body
    ['', 'JSON Body is invalid'],
    ['[', 'JSON Body is invalid'],
    [`[${ok},]`, 'JSON Body is invalid'],
    [`[${ok}]x`, 'JSON Body is invalid'],
    [`[${ok},{"method":"PUT","key":"x","value":tru}]`, 'JSON Body is invalid'],
    ['[{"method":"nonsense","key":5},', 'JSON Body is invalid'],
    ['[{"key":"a","key":"a","method":"GET"}]', 'JSON Body is invalid'],
    ['\uFEFF[]', 'JSON Body is invalid'],
    ['{}', 'JSON Body must be a List'],
    [ok, 'JSON Body must be a List'],
    ['null', 'JSON Body must be a List'],
    ['"list"', 'JSON Body must be a List'],
    ['5', 'JSON Body must be a List'],
    ['{"a":1', 'JSON Body is invalid'],
    // One operation
    [`[${ok},5]`, 'JSON Body is wrong format'],
    [`[${ok},null]`, 'JSON Body is wrong format'],
    [`[${ok},[${ok}]]`, 'JSON Body is wrong format'],
    [`["GET",${ok}]`, 'JSON Body is wrong format'],
    [`[${ok},{}]`, "JSON Body lacks a 'method'"],
    [`[${ok},{"key":"a","value":1}]`, "JSON Body lacks a 'method'"],
    [`[${ok},{"Method":"GET","key":"a"}]`, "JSON Body lacks a 'method'"],
    [`[${ok},{"method":"POST","key":"a","value":1}]`, "JSON Body 'method' is incorrect"],
    [`[${ok},{"method":"","key":"a"}]`, "JSON Body 'method' is incorrect"],
    [`[${ok},{"method":"GET ","key":"a"}]`, "JSON Body 'method' is incorrect"],
    [`[${ok},{"method":5,"key":"a"}]`, "JSON Body 'method' is incorrect"],
    [`[${ok},{"method":null,"key":"a"}]`, "JSON Body 'method' is incorrect"],
    [`[${ok},{"method":["GET"],"key":"a"}]`, "JSON Body 'method' is incorrect"],
    [`[${ok},{"method":"GET"}]`, "JSON Body 'key' is incorrect"],
    [`[${ok},{"method":"GET","key":5}]`, "JSON Body 'key' is incorrect"],
    [`[${ok},{"method":"GET","key":null}]`, "JSON Body 'key' is incorrect"],
    [`[${ok},{"method":"GET","key":""}]`, "JSON Body 'key' is incorrect"],
    [`[${ok},{"method":"DELETE","key":"a\\u0000b"}]`, "JSON Body 'key' is incorrect"],
    [`[${ok},{"method":"DELETE","key":"\\ud800"}]`, "JSON Body 'key' is incorrect"],
    [`[${ok},{"method":"PUT","key":"${'é'.repeat(513)}","value":1}]`, "JSON Body 'key' is incorrect"],
    [`[${ok},{"method":"PUT","key":"a"}]`, "JSON Body 'value' is invalid (method PUT)"],
    [`[${ok},{"method":"put","key":"a","tll":0}]`, "JSON Body 'value' is invalid (method PUT)"],
    [`[${ok},{"method":"PUT","key":"a","value":1,"tll":0}]`, "JSON Body 'tll' is invalid (method PUT)"],
    [`[${ok},{"method":"PUT","key":"a","value":1,"tll":"x"}]`, "JSON Body 'tll' is invalid (method PUT)"],
    [`[${ok},{"method":"PUT","key":"a","value":1,"ttl":1.5}]`, "JSON Body 'tll' is invalid (method PUT)"],
    [`[${ok},{"method":"PUT","key":"a","value":1,"tll":1,"ttl":1}]`, "JSON Body 'tll' is invalid (method PUT)"],
    // The first misfit is the one that is told
    [`[{"method":"GET"},{"key":"a"},${ok}]`, "JSON Body 'key' is incorrect"],
  ])('refuses the body %j', async (body, problem) => {
    const changed = await changes(http, async () => {
      expect(said(await bulk(body))).toEqual(unchanged(problem));
    });
    expect(changed).toBe(false);
  });

  it('takes 1,000 operations, and refuses 1,001 with a 400 that changes nothing', async () => {
    const operations = Array.from({ length: 1001 }, () => ({ method: 'PUT', key: newKey(), value: 1 }));
    const changed = await changes(http, async () => {
      const answer = await http.put('/bulk', operations);
      expect(said(answer)).toEqual([
        400,
        error(expect.stringMatching(/more than 1000 operations.*No changes were made$/)),
      ]);
    });
    expect(changed).toBe(false);
    const taken = (await http.put('/bulk', operations.slice(1))).json() as { details: unknown[] };
    expect(taken.details).toHaveLength(1000);
  });

  it('takes 64 levels inside a value, and refuses 65', async () => {
    const key = newKey();
    const body = (levels: number) => `[{"method":"PUT","key":"${key}","value":${nested(levels)}}]`;
    expect(said(await bulk(body(65)))).toEqual([
      400,
      error(expect.stringMatching(/deeper than 64 levels.*No changes were made$/)),
    ]);
    expect((await http.get(`/${key}`)).status).toBe(404);
    expect((await bulk(body(64))).status).toBe(200);
  });

  it('answers reads that are longer together than a string can be', async () => {
    const key = newKey();
    await http.put(`/kv/${key}`, { value: 'x'.repeat(1_000_000) });
    const { connection, length } = await readBulkLength(
      JSON.stringify(Array.from({ length: 600 }, () => ({ method: 'GET', key }))),
    );
    connection.destroy();
    expect(length).toBeGreaterThan(600_000_000);
  });

  /** Sends a bulk and counts the bytes of its answer, which is too long to keep. */
  async function readBulkLength(body: string) {
    const connection = await service.connect();
    let length = 0;
    connection.socket.removeAllListeners('data');
    const ended = new Promise<void>((resolve) => {
      connection.socket.on('data', (chunk: Buffer) => (length += chunk.length)).on('close', () => resolve());
    });
    await connection.send(
      `PUT /bulk HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await ended;
    return { connection, length };
  }

  it('has the refusals that every API has, in its own form', async () => {
    const changed = await changes(http, async () => {
      const text = await http.send('PUT', '/bulk', { body: `[${ok}]`, headers: { 'Content-Type': 'text/plain' } });
      expect(said(text)).toEqual([415, error(expect.stringMatching(/application\/json/))]);
      const long = await bulk(`["${'x'.repeat(1_048_576)}"]`);
      expect(said(long)).toEqual([413, error('the body is larger than 1048576 bytes')]);
    });
    expect(changed).toBe(false);
  });

  it('is a 507 as a whole when the store is full', async () => {
    const full = (await services.start({ env: { STORE: 'memory', MAX_MEMORY_BYTES: '2000' } })).http;
    const operations = [
      { method: 'PUT', key: 'small', value: 1 },
      { method: 'PUT', key: 'large', value: 'x'.repeat(5000) },
    ];
    expect(said(await full.put('/bulk', operations))).toEqual([507, error(expect.any(String))]);
    expect((await full.get('/kv')).json()).toEqual({ keys: [] });
    expect(said(await full.put('/large', { value: 'x'.repeat(5000) }))).toEqual([507, error(expect.any(String))]);
  });
});

describeCommonRefusals(() => http, {
  path: (segment) => `/${segment}`,
  write: 'PUT',
  unknown: '/a/b/c',
  allow: 'GET, HEAD, PUT, DELETE',
  body: (value) => `{"value":${value}}`,
  form: error,
});
