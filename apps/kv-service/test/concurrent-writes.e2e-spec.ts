import { beforeAll, describe, expect, it } from '@jest/globals';
import type { HttpAnswer, HttpClient } from '@kvasir/test-harness';
import { useWholeSystem } from './testing/whole-system.js';
import { GATEWAY_KEY, WIRE_APIS, type Doors } from './testing/wire-apis.js';

/** Runs all at once, each over a connection of its own while there is none free. */
function atOnce<T>(times: number, run: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: times }, (_, index) => run(index)));
}

interface Detail {
  readonly key: string;
  readonly value?: unknown;
}

const details = (answer: HttpAnswer) => (answer.json() as { details: Detail[] }).details;

/** The ways to read one key as a string, whatever wrote it. */
const STRING_READERS = [
  {
    name: 'gRPC',
    read: async ({ rpc }: Doors, key: string) => rpc.get(key),
  },
  {
    name: 'the gateway',
    read: async ({ gateway }: Doors, key: string) => {
      const answer = await gateway.send('GET', `/v1/values/${key}`, { headers: { 'x-api-key': GATEWAY_KEY } });
      return (answer.json() as { value?: string }).value;
    },
  },
  {
    name: '/kv',
    read: async ({ http }: Doors, key: string) =>
      String(((await http.get(`/kv/${key}`)).json() as { value?: unknown }).value),
  },
];

/** One process owns a log; a database serves several. */
const SYSTEMS = [
  { engine: 'wal', processes: 1 },
  { engine: 'postgres', processes: 2 },
] as const;

describe.each(SYSTEMS)('on the engine $engine with $processes process(es):', ({ engine, processes }) => {
  const system = useWholeSystem(engine, processes);
  /** Of the processes in turn. */
  const at = (index: number): HttpClient => system().doors(index).http;
  const doorsOf = (index: number): Doors => system().doors(index);
  let http: HttpClient;

  beforeAll(() => {
    http = at(0);
  });

  describe('increments at once', () => {
    it.each([
      ['a string of digits', '0', '1000'],
      ['a number', 0, 1000],
    ])('of %s add up: 1,000 of 1 add exactly 1,000, and each gets a sum of its own', async (_kind, before, after) => {
      await http.put('/kv/counter', { value: before });
      const sums = await atOnce(1000, async (index) => {
        const answer = await at(index).put('/api/v1/store/counter/increment', { increment: 1 });
        return (answer.json() as { data: { new_value: number } }).data.new_value;
      });
      expect(sums.sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, index) => index + 1));
      expect((await http.get('/kv/counter')).json()).toEqual({ value: after });
    });
  });

  describe('records written at once', () => {
    it('have one winner: of 200 PUTs of a key one is a success, and its value stays', async () => {
      const statuses = await atOnce(200, async (index) => (await at(index).put('/raced', { value: index })).status);
      const winners = statuses.flatMap((status, index) => (status === 200 ? [index] : []));
      expect(winners).toHaveLength(1);
      expect(statuses.filter((status) => status === 400)).toHaveLength(199);
      expect((await http.get('/raced')).json()).toEqual({ key: 'raced', value: winners[0] });
    });

    it('have one winner when single PUTs and bulks compete', async () => {
      const statuses = await atOnce(200, async (index) => {
        const answer =
          index % 2 === 0
            ? await at(index >> 1).put('/mixed', { value: index })
            : await at(index >> 1).put('/bulk', [{ method: 'PUT', key: 'mixed', value: index }]);
        return answer.status;
      });
      const winner = statuses.indexOf(200);
      expect(statuses.filter((status) => status === 200)).toHaveLength(1);
      expect((await http.get('/mixed')).json()).toEqual({ key: 'mixed', value: winner });
    });
  });

  describe('bulks at once', () => {
    it('that overlap are done whole or not at all', async () => {
      const COUNT = 100;
      // Bulk i adds the keys i and i + 1 of a ring: two neighbours cannot both be done.
      const keyOf = (index: number) => `ring-${index % COUNT}`;
      const statuses = await atOnce(COUNT, async (index) => {
        const pair = [keyOf(index), keyOf(index + 1)];
        if (index % 2 === 0) pair.reverse();
        const answer = await at(index).put(
          '/bulk',
          pair.map((key) => ({ method: 'PUT', key, value: index })),
        );
        return answer.status;
      });
      const expected = new Map<string, number>();
      for (const [index, status] of statuses.entries()) {
        expect([200, 400]).toContain(status);
        if (status !== 200) continue;
        for (const key of [keyOf(index), keyOf(index + 1)]) {
          expect(expected.has(key)).toBe(false);
          expected.set(key, index);
        }
      }
      // Whoever was refused met a neighbour that was done.
      for (const [index, status] of statuses.entries()) {
        if (status === 400) expect(expected.has(keyOf(index)) || expected.has(keyOf(index + 1))).toBe(true);
      }
      const { keys } = (await http.get('/kv?prefix=ring-')).json() as { keys: string[] };
      const stored = await Promise.all(
        keys.map(async (key) => [key, ((await http.get(`/kv/${key}`)).json() as { value: number }).value] as const),
      );
      expect(new Map(stored)).toEqual(new Map([...expected].sort(([a], [b]) => (a < b ? -1 : 1))));
    });

    it('in opposite order are all done, and no reader ever sees half of one', async () => {
      const KEYS = ['left', 'right', 'third'];
      await http.put(
        '/bulk',
        KEYS.map((key) => ({ method: 'PUT', key, value: -1 })),
      );
      const rewrite = (keys: readonly string[], value: number) =>
        at(value >> 1).put(
          '/bulk',
          keys.flatMap((key) => [
            { method: 'DELETE', key },
            { method: 'PUT', key, value },
          ]),
        );

      let writing = true;
      let reads = 0;
      const seen = new Set<unknown>();
      const expectOneValue = (values: readonly unknown[]) => {
        reads++;
        expect([values.length, new Set(values).size]).toEqual([KEYS.length, 1]);
        seen.add(values[0]);
      };
      const readers = [
        ...[KEYS, KEYS.toReversed()].map(async (keys, index) => {
          while (writing) {
            const answer = await at(index).put(
              '/bulk',
              keys.map((key) => ({ method: 'GET', key })),
            );
            expectOneValue(details(answer).map(({ value }) => value));
          }
        }),
        (async () => {
          while (writing) {
            const answer = await http.post('/kv/batch', { operations: KEYS.map((key) => ({ op: 'get', key })) });
            const { results } = answer.json() as { results: { value: unknown }[] };
            expectOneValue(results.map(({ value }) => value));
          }
        })(),
      ];
      try {
        for (let round = 0; round < 10; round++) {
          const statuses = await atOnce(40, async (index) => {
            const answer = await rewrite(index % 2 === 0 ? KEYS : KEYS.toReversed(), round * 40 + index);
            return answer.status;
          });
          expect(statuses).toEqual(Array(40).fill(200));
        }
      } finally {
        writing = false;
      }
      await Promise.all(readers);
      expect(reads).toBeGreaterThan(20);
      expect(seen.size).toBeGreaterThan(1);
    });

    it('that fail in part are never seen at all', async () => {
      await http.put('/there', { value: 0 });
      let writing = true;
      const reader = (async () => {
        let misses = 0;
        for (; writing; misses++) expect((await http.get('/half')).status).toBe(404);
        return misses;
      })();
      const statuses = await atOnce(300, async (index) => {
        const answer = await at(index).put('/bulk', [
          { method: 'PUT', key: 'half', value: index },
          { method: 'PUT', key: 'there', value: index },
        ]);
        return answer.status;
      });
      writing = false;
      expect(await reader).toBeGreaterThan(0);
      expect(statuses).toEqual(Array(300).fill(400));
      expect((await http.get('/there')).json()).toEqual({ key: 'there', value: 0 });
    });
  });

  describe('writes of one key through every API at once', () => {
    it('are each done whole and one after the other: one of them is last for all, and each is a revision', async () => {
      // Write-once records would be refused; a bulk that deletes first is not.
      const writers = WIRE_APIS.filter(({ name }) => name !== 'records' && name !== '/bulk');
      const revision = async () => ((await http.get('/stats')).json() as { revision: number }).revision;
      const before = await revision();
      const texts = await atOnce(300, async (index) => {
        const writer = writers[index % writers.length]!;
        const text = `"${'x'.repeat(100)} of ${writer.name}, ${index}"`;
        expect(await writer.write(doorsOf(index), 'one-key', text)).toBe(true);
        return text;
      });
      expect(await revision()).toBe(before + 300);
      const { text: last } = await http.get('/kv/one-key');
      const text = texts.find((one) => last === `{"value":${one}}`)!;
      expect(texts).toContain(text);
      for (const reader of WIRE_APIS) {
        for (const index of [0, 1]) {
          expect([reader.name, await reader.read(doorsOf(index), 'one-key')]).toEqual([
            reader.name,
            reader.found('one-key', text),
          ]);
        }
      }
    });
  });

  describe('readers of single keys', () => {
    it.each(STRING_READERS)('through $name see a counter only grow', async ({ read }) => {
      await http.put('/kv/growing', { value: 0 });
      let writing = true;
      const readers = [0, 1].map((index) => {
        const seen: number[] = [];
        const readOnce = async () => seen.push(Number(await read(doorsOf(index), 'growing')));
        const first = readOnce();
        const all = first.then(async () => {
          while (writing) await readOnce();
          return seen;
        });
        return { first, all };
      });
      const watched = Promise.all(readers.map(({ all }) => all));
      const increment = (index: number) => at(index).put('/api/v1/store/growing/increment', { increment: 1 });
      try {
        await atOnce(100, increment);
        // However slow they are, each reads at least once beside the other half.
        await Promise.all(readers.map(({ first }) => first));
        await atOnce(100, increment);
      } finally {
        writing = false;
      }
      for (const seen of await watched) {
        expect(seen).toEqual(seen.toSorted((a, b) => a - b));
        expect(seen.length).toBeGreaterThan(1);
      }
      expect(await read(doorsOf(1), 'growing')).toBe('200');
    });

    it.each(STRING_READERS)(
      'through $name find the second half of every bulk whose first half they saw',
      async ({ read }) => {
        const KEYS = ['half-a', 'half-b'];
        const write = (value: number) => {
          // Both orders: whichever half came first, were it ever seen alone, is read first by one of the readers.
          const keys = value % 2 === 0 ? KEYS : KEYS.toReversed();
          return at(value).put(
            '/bulk',
            keys.flatMap((key) => [
              { method: 'DELETE', key },
              { method: 'PUT', key, value },
            ]),
          );
        };
        for (const key of KEYS) await http.put(`/kv/${key}`, { value: -1 });
        let writing = true;
        const reads = Promise.all(
          [KEYS, KEYS.toReversed()].map(async ([first = '', second = ''], index) => {
            let count = 0;
            for (; writing; count++) {
              const earlier = Number(await read(doorsOf(index), first));
              const later = Number(await read(doorsOf(index + 1), second));
              expect(later).toBeGreaterThanOrEqual(earlier);
            }
            return count;
          }),
        );
        try {
          for (let value = 0; value < 100; value++) expect((await write(value)).status).toBe(200);
        } finally {
          writing = false;
        }
        for (const count of await reads) expect(count).toBeGreaterThan(5);
      },
    );
  });
});
