import { beforeAll, describe, expect, it } from '@jest/globals';
import { useTestServices, type HttpClient, type ServiceProcess } from '@kvasir/test-harness';
import { foreignLine, logLines, secondsAgo, writeLog } from './testing/log-file.js';
import { KEYS, spaced, VALUE_TEXTS } from './testing/texts.js';
import { HTTP_APIS } from './testing/wire-apis.js';
import { segmentOf } from './testing/wire-errors.js';

const services = useTestServices();

/** What survives a power cut is tested elsewhere: thousands of syncs would only take time here. */
const start = (directory?: string) => services.start({ directory, env: { FSYNC: 'never' } });

/** No API may be unable to name a key: what records reserve is left out here and tested with them. */
const COMMON_KEYS = KEYS.filter((key) => key !== 'batch');

const PLAIN_TEXTS = [
  '"Alice"',
  '""',
  '"é 😀"',
  '5',
  '-1.5',
  'true',
  'false',
  'null',
  '[]',
  '{}',
  '{"a":[1,{"b":null}]}',
];

let service: ServiceProcess;
let http: HttpClient;

beforeAll(async () => {
  service = await start();
  ({ http } = service);
});

const remove = (key: string) => http.delete(`/api/v1/store/${segmentOf(key)}`);

/** A name with a dot in front is reserved in a bulk, where nothing is percent-encoded (contracts/records.md); every other way takes it. */
const takes = ({ name }: (typeof HTTP_APIS)[number], key: string) => name !== '/bulk' || !key.startsWith('.');
const readersOf = (key: string) => HTTP_APIS.filter((reader) => takes(reader, key));

async function expectFoundByAll(client: HttpClient, key: string, text: string): Promise<void> {
  for (const reader of readersOf(key)) {
    const answer = await reader.read(client, key);
    expect([reader.name, answer.status, answer.text]).toEqual([reader.name, 200, reader.found(key, text)]);
  }
  const exists = await client.get(`/api/v1/store/${segmentOf(key)}/exists`);
  expect(exists.text).toBe('{"status":"success","data":{"exists":true}}');
}

async function expectMissingToAll(client: HttpClient, key: string): Promise<void> {
  for (const reader of readersOf(key)) {
    const answer = await reader.read(client, key);
    expect([reader.name, answer.status]).toEqual([reader.name, reader.missing]);
    expect(answer.text).toMatch(/not found|does not exists/);
  }
  const exists = await client.get(`/api/v1/store/${segmentOf(key)}/exists`);
  expect(exists.text).toBe('{"status":"success","data":{"exists":false}}');
}

describe.each(HTTP_APIS)('what $name writes', (writer) => {
  const taken = (texts: readonly string[]) => texts.filter((text) => !writer.stringsOnly || text.startsWith('"'));

  it('is read by every API as the text that was sent, and so after a restart', async () => {
    const first = await start();
    const texts = taken([...PLAIN_TEXTS, ...VALUE_TEXTS]);
    for (const [index, text] of texts.entries()) {
      const answer = await writer.write(first.http, `text-${index}`, spaced(text));
      expect(answer.status).toBeLessThan(300);
      await expectFoundByAll(first.http, `text-${index}`, text);
    }
    await first.stop();
    const second = await start(first.directory);
    for (const [index, text] of texts.entries()) await expectFoundByAll(second.http, `text-${index}`, text);
  });

  it('is read by every API under the same key, however odd', async () => {
    for (const key of COMMON_KEYS.filter((name) => takes(writer, name))) {
      await remove(key);
      expect((await writer.write(http, key, '"v"')).status).toBeLessThan(300);
      await expectFoundByAll(http, key, '"v"');
      await remove(key);
      await expectMissingToAll(http, key);
    }
  });

  it('is new again when the time of what was there is over', async () => {
    const directory = services.directory();
    const over = (key: string) => foreignLine({ op: 'set', key, value: 'old', ttl: 60, timestamp: secondsAgo(61) });
    writeLog(directory, over('written') + over('left'));
    const late = (await start(directory)).http;
    await expectMissingToAll(late, 'written');
    expect((await writer.write(late, 'written', '"new"')).status).toBeLessThan(300);
    await expectFoundByAll(late, 'written', '"new"');
    await expectMissingToAll(late, 'left');
  });
});

describe('deleting a key', () => {
  it.each([
    ['/kv', (key: string) => http.delete(`/kv/${key}`)],
    ['/kv/batch', (key: string) => http.post('/kv/batch', { operations: [{ op: 'delete', key }] })],
    ['/keys', (key: string) => http.delete(`/keys/${key}`)],
    ['records', (key: string) => http.delete(`/${key}`)],
    ['/bulk', (key: string) => http.put('/bulk', [{ method: 'DELETE', key }])],
    ['/api/v1/store', (key: string) => http.delete(`/api/v1/store/${key}`)],
  ])('through %s deletes it for every API', async (_name, deleteKey) => {
    await http.put('/kv/gone', { value: 1 });
    expect((await deleteKey('gone')).status).toBe(200);
    await expectMissingToAll(http, 'gone');
  });
});

describe('a TTL', () => {
  const lastLine = () => JSON.parse(logLines(service.directory).at(-1) ?? '') as Record<string, unknown>;

  it.each([
    ['/kv', () => http.put('/kv/t', { value: '1', ttl: 120 })],
    ['/kv/batch', () => http.post('/kv/batch', { operations: [{ op: 'set', key: 't', value: '1', ttl: 120 }] })],
    ['records', () => http.put('/t', { value: '1', tll: 2 })],
    ['/bulk', () => http.put('/bulk', [{ method: 'PUT', key: 't', value: '1', ttl: '2' }])],
  ])('given through %s is kept by an increment, and removed by a write without one', async (_name, write) => {
    for (const writer of HTTP_APIS.filter(({ name }) =>
      ['/kv', '/kv/batch', '/keys', '/api/v1/store'].includes(name),
    )) {
      await remove('t');
      expect((await write()).status).toBe(200);
      expect(lastLine()).toMatchObject({ key: 't', value: '1', ttl: 120 });
      await expectFoundByAll(http, 't', '"1"');
      expect((await http.put('/api/v1/store/t/increment', { increment: 1 })).status).toBe(200);
      const line = lastLine();
      expect(line).toMatchObject({ key: 't', value: '2' });
      expect(line['ttl']).toBeGreaterThan(0);
      expect(line['ttl']).toBeLessThanOrEqual(120);
      expect((await writer.write(http, 't', '"3"')).status).toBeLessThan(300);
      expect(lastLine()).toMatchObject({ key: 't', value: '3' });
      expect(lastLine()).not.toHaveProperty('ttl');
      await expectFoundByAll(http, 't', '"3"');
    }
  });

  it('of 0 through /kv makes a key that records can add again', async () => {
    await remove('z');
    expect((await http.put('/z', { value: 1 })).status).toBe(200);
    await http.put('/kv/z', { value: 2, ttl: 0 });
    await expectMissingToAll(http, 'z');
    expect((await http.put('/z', { value: 3 })).status).toBe(200);
  });
});

describe('GET /', () => {
  it('links to every API and to pages that are there', async () => {
    const links = (await http.get('/')).json() as Record<string, string>;
    expect(links).toMatchObject({
      docs: '/docs',
      kv: '/kv',
      keys: '/keys/{key}',
      records: '/{key}',
      bulk: '/bulk',
      store: '/api/v1/store/{key}',
    });
    for (const name of ['docs', 'openapi', 'health', 'stats', 'kv']) {
      expect((await http.get(links[name] ?? '')).status).toBe(200);
    }
  });
});

describe('GET /docs-json', () => {
  interface Operation {
    readonly responses: Record<string, { content?: { 'application/json': { example?: unknown } } }>;
    readonly requestBody?: unknown;
  }

  it('has every route of every API, with its body and its refusals in the API’s own form', async () => {
    const document = (await http.get('/docs-json')).json() as { paths: Record<string, Record<string, Operation>> };
    const forms = {
      '/kv/{key}': { put: { error: expect.any(String), type: 'about:blank' } },
      '/kv/batch': { post: { error: expect.any(String) } },
      '/keys/{key}': {
        post: { detail: { success: false } },
        put: { detail: { success: false } },
        get: { detail: { success: false } },
        delete: { detail: { success: false } },
      },
      '/{key}': { put: { status: 'Error' }, get: { status: 'Error' }, delete: { status: 'Error' } },
      '/bulk': { put: { status: 'Error' } },
      '/api/v1/store/{key}': { post: { status: 'error' }, get: { status: 'error' }, delete: { status: 'error' } },
      '/api/v1/store/{key}/exists': { get: { status: 'error' } },
      '/api/v1/store/{key}/increment': { put: { status: 'error' } },
    };
    for (const [path, methods] of Object.entries(forms)) {
      for (const [method, form] of Object.entries(methods)) {
        const { responses, requestBody } = document.paths[path]![method]!;
        const writes = method === 'put' || method === 'post';
        expect(requestBody !== undefined).toBe(writes);
        const statuses = [400, 500, 503, ...(writes ? [413, 415, 507] : [])];
        for (const status of statuses) {
          expect([path, method, status, responses[status]?.content?.['application/json'].example]).toEqual([
            path,
            method,
            status,
            expect.objectContaining(nestedMatch(form)),
          ]);
        }
      }
    }
  });

  function nestedMatch(form: object): Record<string, unknown> {
    return Object.fromEntries(
      Object.entries(form).map(([name, value]) => [
        name,
        name === 'detail' ? expect.objectContaining(value as Record<string, unknown>) : value,
      ]),
    );
  }
});
