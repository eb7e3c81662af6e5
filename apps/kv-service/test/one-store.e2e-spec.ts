import { beforeAll, describe, expect, it } from '@jest/globals';
import { useTestServices, type HttpClient } from '@kvasir/test-harness';
import { logLines } from './testing/log-file.js';
import { KEYS, spaced, VALUE_TEXTS } from './testing/texts.js';
import { ENGINES, useWholeSystem } from './testing/whole-system.js';
import { WIRE_APIS, type Doors, type WireApi } from './testing/wire-apis.js';
import { segmentOf } from './testing/wire-errors.js';

/** No API may be unable to name a key: what records reserve is left out here and tested with them. */
const COMMON_KEYS = KEYS.filter((key) => key !== 'batch');

/** What a reader must never mistake for another kind, or for nothing. */
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
const TEXTS = [...PLAIN_TEXTS, ...VALUE_TEXTS];

/** How many keys are read at the same time. */
const AT_ONCE = 16;

const exists = async ({ http }: Doors, key: string) => (await http.get(`/api/v1/store/${segmentOf(key)}/exists`)).text;
const takers = (key: string) => WIRE_APIS.filter(({ refusesKey }) => refusesKey?.(key) !== true);

/** Reads the key through every API and says what did not answer with this JSON text, or, for nothing, did not miss it. */
async function differences(doors: Doors, key: string, text: string | undefined): Promise<object[]> {
  const answers = await Promise.all(
    takers(key).map(async ({ name, read, found, missing }) => ({
      name,
      key,
      said: await read(doors, key),
      expected: text === undefined ? missing(key) : found(key, text),
    })),
  );
  const there = {
    name: 'exists',
    key,
    said: [await exists(doors, key)],
    expected: [`{"status":"success","data":{"exists":${text !== undefined}}}`],
  };
  return [...answers, there].filter(({ said, expected }) => JSON.stringify(said) !== JSON.stringify(expected));
}

/** {@link differences} of many keys: all that there are, so that a failure shows where to look. */
async function allDifferences(
  doors: Doors,
  entries: Iterable<readonly [string, string | undefined]>,
): Promise<object[]> {
  const found: object[] = [];
  const left = [...entries];
  while (left.length > 0) {
    const some = left.splice(0, AT_ONCE).map(([key, text]) => differences(doors, key, text));
    found.push(...(await Promise.all(some)).flat());
  }
  return found;
}

describe.each(ENGINES)('on the engine $engine', ({ engine, durable }) => {
  const system = useWholeSystem(engine);
  /** Every text that was written, by its key. */
  const written = new Map<string, string>();

  describe.each(WIRE_APIS)('what $name writes', (writer) => {
    it('is read by every API as the text that was sent', async () => {
      const doors = system().doors();
      const mine = TEXTS.flatMap((text, index) => {
        const stored = writer.stored(text);
        return stored === undefined ? [] : [{ key: `${writer.name} ${index}`, text, stored }];
      });
      expect(mine.length).toBeGreaterThan(10);
      for (const { key, text, stored } of mine) {
        expect([key, await writer.write(doors, key, spaced(text))]).toEqual([key, true]);
        written.set(key, stored);
      }
      expect(
        await allDifferences(
          doors,
          mine.map(({ key, stored }) => [key, stored]),
        ),
      ).toEqual([]);
    });

    it('is read by every API under the same key, however odd, and a key that is removed is gone for all', async () => {
      const doors = system().doors();
      const text = JSON.stringify(`of ${writer.name}`);
      const keys = COMMON_KEYS.filter((key) => takers(key).includes(writer));
      for (const key of keys) expect([key, await writer.write(doors, key, text)]).toEqual([key, true]);
      expect(
        await allDifferences(
          doors,
          keys.map((key) => [key, text]),
        ),
      ).toEqual([]);
      for (const [index, key] of keys.entries()) {
        // Each writer's keys are removed by other ones, in turn.
        const remover = takers(key)[(index + WIRE_APIS.indexOf(writer)) % takers(key).length]!;
        expect([key, remover.name, await remover.remove(doors, key)]).toEqual([key, remover.name, true]);
      }
      expect(
        await allDifferences(
          doors,
          keys.map((key) => [key, undefined]),
        ),
      ).toEqual([]);
    });
  });

  describe('a TTL', () => {
    const seconds: readonly [string, (doors: Doors, key: string, ttl: number) => Promise<{ status: number }>][] = [
      ['/kv', ({ http }, key, ttl) => http.put(`/kv/${segmentOf(key)}`, { value: '1', ttl })],
      [
        '/kv/batch',
        ({ http }, key, ttl) => http.post('/kv/batch', { operations: [{ op: 'set', key, value: '1', ttl }] }),
      ],
    ];
    const endsTtl = WIRE_APIS.filter(({ name }) => name !== 'records' && name !== '/bulk');
    const name = (kind: string, way: string, writer?: WireApi) => `${kind} ${way} ${writer?.name ?? ''}`;

    it('ends a key for every API, an increment keeps it, a write without one ends it, and then the key is new again', async () => {
      const doors = system().doors();
      const increment = (key: string) => doors.http.put(`/api/v1/store/${segmentOf(key)}/increment`, { increment: 1 });
      for (const [way, write] of seconds) {
        const keys = [
          ...['left', 'counted'].map((kind) => name(kind, way)),
          ...WIRE_APIS.map((api) => name('again', way, api)),
          ...endsTtl.map((api) => name('kept', way, api)),
        ];
        for (const key of keys) expect((await write(doors, key, 1)).status).toBe(200);
        await increment(name('counted', way));
        for (const api of endsTtl) expect(await api.write(doors, name('kept', way, api), '"kept"')).toBe(true);
        expect((await write(doors, name('long', way), 300)).status).toBe(200);
        expect((await increment(name('long', way))).status).toBe(200);
        expect(await differences(doors, name('long', way), '"2"')).toEqual([]);
        // Written last, so that it ends last.
        await write(doors, name('witness', way), 1);
      }
      for (const [way] of seconds) {
        while ((await doors.http.get(`/kv/${segmentOf(name('witness', way))}`)).status === 200);
        expect(
          await allDifferences(doors, [
            [name('left', way), undefined],
            [name('counted', way), undefined],
            ...endsTtl.map((api) => [name('kept', way, api), '"kept"'] as const),
          ]),
        ).toEqual([]);
        for (const api of WIRE_APIS) {
          const key = name('again', way, api);
          expect([key, await api.write(doors, key, '"new"')]).toEqual([key, true]);
          expect(await differences(doors, key, '"new"')).toEqual([]);
        }
      }
    });

    it.each(seconds)('of 0 through %s makes a key that every API can write again', async (way, write) => {
      const doors = system().doors();
      for (const api of WIRE_APIS) {
        const key = name('zero', way, api);
        await doors.http.put(`/kv/${segmentOf(key)}`, { value: 'old' });
        expect((await write(doors, key, 0)).status).toBe(200);
        expect(await differences(doors, key, undefined)).toEqual([]);
        expect([key, await api.write(doors, key, '"new"')]).toEqual([key, true]);
        expect(await differences(doors, key, '"new"')).toEqual([]);
      }
    });
  });

  if (engine === 'wal')
    describe('a TTL in the log', () => {
      const lastLine = () => JSON.parse(logLines(system().directory).at(-1) ?? '') as Record<string, unknown>;

      it.each<[string, (doors: Doors) => Promise<{ status: number }>]>([
        ['/kv', ({ http }) => http.put('/kv/t', { value: '1', ttl: 120 })],
        [
          '/kv/batch',
          ({ http }) => http.post('/kv/batch', { operations: [{ op: 'set', key: 't', value: '1', ttl: 120 }] }),
        ],
        ['records', ({ http }) => http.put('/t', { value: '1', tll: 2 })],
        ['/bulk', ({ http }) => http.put('/bulk', [{ method: 'PUT', key: 't', value: '1', ttl: '2' }])],
      ])('given through %s is kept by an increment, and removed by a write without one', async (_name, write) => {
        const doors = system().doors();
        for (const writer of WIRE_APIS.filter(({ name }) => name !== 'records' && name !== '/bulk')) {
          await doors.http.delete('/kv/t');
          expect((await write(doors)).status).toBe(200);
          expect(lastLine()).toMatchObject({ key: 't', value: '1', ttl: 120 });
          expect(await differences(doors, 't', '"1"')).toEqual([]);
          expect((await doors.http.put('/api/v1/store/t/increment', { increment: 1 })).status).toBe(200);
          const line = lastLine();
          expect(line).toMatchObject({ key: 't', value: '2' });
          expect(line['ttl']).toBeGreaterThan(0);
          expect(line['ttl']).toBeLessThanOrEqual(120);
          expect(await writer.write(doors, 't', '"3"')).toBe(true);
          expect(lastLine()).toMatchObject({ key: 't', value: '3' });
          expect(lastLine()).not.toHaveProperty('ttl');
          expect(await differences(doors, 't', '"3"')).toEqual([]);
        }
      });
    });

  it(`${durable ? 'has all of it again' : 'starts empty'} after a kill, and the gateway finds the way back`, async () => {
    await system().restart();
    const doors = system().doors();
    expect(written.size).toBeGreaterThan(WIRE_APIS.length * 10);
    if (!durable) {
      expect((await doors.http.get('/kv')).text).toBe('{"keys":[]}');
      return;
    }
    expect(await allDifferences(doors, written)).toEqual([]);
    if (engine === 'wal') {
      const log = logLines(system().directory).join('\n');
      for (const [key, text] of written) expect(log).toContain(`"key":${JSON.stringify(key)},"value":${text},`);
    }
  });
});

describe('the pages of kv-service', () => {
  const services = useTestServices();
  let http: HttpClient;

  beforeAll(async () => {
    ({ http } = await services.start({ env: { STORE: 'memory' } }));
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
});
