import { expect } from '@jest/globals';
import type { KvStore, ListQuery } from '@kvasir/kv-core';
import type { Concern } from '../conformance-case.js';
import { commitEach, drop, keysOf, page, plainEntry, put, putKeys, remove, upTo } from '../support.js';

/** Keys on both sides of every border at which the order of UTF-16 units and that of UTF-8 bytes part, in byte order. */
const KEYS_IN_BYTE_ORDER = [
  ' ',
  '!',
  'A',
  'B',
  'Z',
  '_',
  'a',
  'a ',
  'a!',
  'aa',
  'ab',
  'a\u00e9',
  'a\ud7ff',
  'a\ue000',
  'a\uffff',
  'a\u{10000}',
  'a\u{10000}a',
  'a\u{10000}\uffff',
  'a\u{10000}\u{10000}',
  'a\u{1f600}',
  'a\u{10ffff}',
  'b',
  '\u007f',
  '\u0080',
  '\u00e9',
  '\u07ff',
  '\u0800',
  '\ud7ff',
  '\ue000',
  '\uf8ff',
  '\ufffd',
  '\uffff',
  '\u{10000}',
  '\u{1f600}',
  '\u{10ffff}',
  '\u{10ffff}\u{10ffff}',
];

/** Follows the pages of a query to its end. */
async function chain(store: KvStore, query: ListQuery): Promise<string[][]> {
  const pages: string[][] = [];
  const seen = new Set<string>();
  let after = query.after;
  for (;;) {
    const { keys, more } = await page(store, after === undefined ? query : { ...query, after });
    pages.push(keys);
    if (!more) return pages;
    expect(keys).toHaveLength(query.limit);
    after = keys.at(-1);
    // An engine that gives the same keys again and again must fail here, not run for ever.
    expect(keys.filter((key) => seen.has(key))).toEqual([]);
    for (const key of keys) seen.add(key);
  }
}

/** What a listing must give, found the slow way: filter all keys, cut a page off. */
function expectedPage(keys: readonly string[], query: ListQuery): { keys: string[]; more: boolean } {
  const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');
  const before = (a: string, b: string): boolean => Buffer.compare(bytes(a), bytes(b)) < 0;
  const { prefix, start, end } = query as { prefix?: string; start?: string; end?: string };
  const matching = keys.filter(
    (key) =>
      (prefix === undefined || key.startsWith(prefix)) &&
      (start === undefined || !before(key, start)) &&
      (end === undefined || before(key, end)) &&
      (query.after === undefined || (query.reverse === true ? before(key, query.after) : before(query.after, key))),
  );
  if (query.reverse === true) matching.reverse();
  return { keys: matching.slice(0, query.limit), more: matching.length > query.limit };
}

/** Pages of keys and entries. */
export const listing: Concern = {
  name: 'listing',
  cases: [
    {
      title: 'a listing gives whole entries in order of the key',
      run: async (store) => {
        for (const key of ['c', 'a', 'b']) await put(store, key, JSON.stringify(key), 1000);
        const { items, more } = await store.list({ limit: 10 });
        const entries = await Promise.all(['a', 'b', 'c'].map((key) => store.get(key)));
        expect(more).toBe(false);
        expect(items.map(plainEntry)).toEqual(entries.map((entry) => entry && plainEntry(entry)));
      },
    },
    {
      title: 'keys come in the order of their UTF-8 bytes, not of their UTF-16 units',
      run: async (store) => {
        await putKeys(store, [...KEYS_IN_BYTE_ORDER].sort());
        expect(await keysOf(store)).toEqual(KEYS_IN_BYTE_ORDER);
        expect(await keysOf(store, { reverse: true })).toEqual([...KEYS_IN_BYTE_ORDER].reverse());
      },
    },
    {
      title: 'a prefix selects the keys that start with it, case-sensitively and literally',
      run: async (store) => {
        await putKeys(store, ['a', 'a%', 'a%b', 'a*', 'a_', 'aX', 'a\\', 'a\\b', 'A%', '%', 'b%', "a'", 'a%%']);
        expect(await keysOf(store, { prefix: 'a%' })).toEqual(['a%', 'a%%', 'a%b']);
        expect(await keysOf(store, { prefix: 'a_' })).toEqual(['a_']);
        expect(await keysOf(store, { prefix: 'a\\' })).toEqual(['a\\', 'a\\b']);
        expect(await keysOf(store, { prefix: 'a*' })).toEqual(['a*']);
        expect(await keysOf(store, { prefix: "a'" })).toEqual(["a'"]);
        expect(await keysOf(store, { prefix: 'A' })).toEqual(['A%']);
        expect(await keysOf(store, { prefix: 'c' })).toEqual([]);
      },
    },
    {
      title: 'an empty prefix selects every key',
      run: async (store) => {
        await putKeys(store, KEYS_IN_BYTE_ORDER);
        expect(await keysOf(store, { prefix: '' })).toEqual(KEYS_IN_BYTE_ORDER);
      },
    },
    {
      title: 'a prefix that ends at a border of Unicode selects no neighbour',
      run: async (store) => {
        await putKeys(store, KEYS_IN_BYTE_ORDER);
        const tails = [
          '\ud7ff',
          '\ue000',
          '\uffff',
          '\u{10000}',
          '\u{10ffff}',
          '\u{10ffff}\u{10ffff}',
          '\u007f',
          '\u07ff',
        ];
        for (const prefix of [...tails, ...tails.map((tail) => `a${tail}`)]) {
          for (const reverse of [false, true]) {
            const query = { prefix, reverse, limit: 100 };
            expect(await page(store, query)).toEqual(expectedPage(KEYS_IN_BYTE_ORDER, query));
          }
        }
      },
    },
    {
      title: 'a prefix longer than any key selects nothing',
      run: async (store) => {
        await putKeys(store, ['a'.repeat(1024)]);
        expect(await keysOf(store, { prefix: 'a'.repeat(1024) })).toHaveLength(1);
        expect(await keysOf(store, { prefix: 'a'.repeat(1025) })).toEqual([]);
        expect(await keysOf(store, { prefix: '\u{10ffff}'.repeat(400) })).toEqual([]);
      },
    },
    {
      title: 'a range holds its start and not its end',
      run: async (store) => {
        await putKeys(store, ['a', 'b', 'c', 'd']);
        expect(await keysOf(store, { start: 'b', end: 'd' })).toEqual(['b', 'c']);
        expect(await keysOf(store, { start: 'b' })).toEqual(['b', 'c', 'd']);
        expect(await keysOf(store, { end: 'b' })).toEqual(['a']);
        expect(await keysOf(store, { start: 'b', end: 'd', reverse: true })).toEqual(['c', 'b']);
      },
    },
    {
      title: 'a range may be empty, or the wrong way round',
      run: async (store) => {
        await putKeys(store, ['a', 'b', 'c']);
        expect(await keysOf(store, { start: 'b', end: 'b' })).toEqual([]);
        expect(await keysOf(store, { start: 'c', end: 'a' })).toEqual([]);
        expect(await keysOf(store, { start: 'c', end: 'a', reverse: true })).toEqual([]);
        expect(await keysOf(store, { start: '' })).toEqual(['a', 'b', 'c']);
        expect(await keysOf(store, { end: '' })).toEqual([]);
      },
    },
    {
      title: 'every combination of bounds, present as keys or not, gives the keys between them',
      run: async (store) => {
        const keys = ['a', 'ab', 'b', '\ue000', '\u{1f600}', '\u{1f600}a'];
        await putKeys(store, keys);
        const bounds = [undefined, '', 'a', 'aa', 'b', '\uffff', '\u{1f600}', '\u{10ffff}'];
        for (const start of bounds) {
          for (const end of bounds) {
            for (const after of bounds) {
              const query = {
                ...(start === undefined ? {} : { start }),
                ...(end === undefined ? {} : { end }),
                ...(after === undefined ? {} : { after }),
                limit: 3,
              };
              for (const both of [query, { ...query, reverse: true }]) {
                expect({ query: both, ...(await page(store, both)) }).toEqual({
                  query: both,
                  ...expectedPage(keys, both),
                });
              }
            }
          }
        }
      },
    },
    {
      title: 'after skips its key and all before it, in the direction of the listing',
      run: async (store) => {
        await putKeys(store, ['a', 'b', 'c', 'd']);
        expect(await keysOf(store, { after: 'b' })).toEqual(['c', 'd']);
        expect(await keysOf(store, { after: 'bb' })).toEqual(['c', 'd']);
        expect(await keysOf(store, { after: 'd' })).toEqual([]);
        expect(await keysOf(store, { after: '' })).toEqual(['a', 'b', 'c', 'd']);
        expect(await keysOf(store, { after: 'c', reverse: true })).toEqual(['b', 'a']);
        expect(await keysOf(store, { after: 'bb', reverse: true })).toEqual(['b', 'a']);
        expect(await keysOf(store, { after: '', reverse: true })).toEqual([]);
      },
    },
    {
      title: 'after together with a prefix stays inside the prefix',
      run: async (store) => {
        await putKeys(store, ['a', 'p', 'pa', 'pb', 'pc', 'q']);
        expect(await keysOf(store, { prefix: 'p', after: 'pa' })).toEqual(['pb', 'pc']);
        expect(await keysOf(store, { prefix: 'p', after: 'a' })).toEqual(['p', 'pa', 'pb', 'pc']);
        expect(await keysOf(store, { prefix: 'p', after: 'q' })).toEqual([]);
        expect(await keysOf(store, { prefix: 'p', after: 'pb', reverse: true })).toEqual(['pa', 'p']);
        expect(await keysOf(store, { prefix: 'p', after: 'q', reverse: true })).toEqual(['pc', 'pb', 'pa', 'p']);
        expect(await keysOf(store, { prefix: 'p', after: 'a', reverse: true })).toEqual([]);
      },
    },
    {
      title: 'more is exact at the borders of pages',
      run: async (store) => {
        await putKeys(store, ['a', 'b', 'c', 'd']);
        expect(await page(store, { limit: 3 })).toEqual({ keys: ['a', 'b', 'c'], more: true });
        expect(await page(store, { limit: 4 })).toEqual({ keys: ['a', 'b', 'c', 'd'], more: false });
        expect(await page(store, { limit: 5 })).toEqual({ keys: ['a', 'b', 'c', 'd'], more: false });
        expect(await page(store, { limit: 2, after: 'b' })).toEqual({ keys: ['c', 'd'], more: false });
        expect(await page(store, { limit: 2, end: 'c' })).toEqual({ keys: ['a', 'b'], more: false });
        expect(await page(store, { limit: 1, prefix: 'b' })).toEqual({ keys: ['b'], more: false });
        expect(await page(store, { limit: 4, reverse: true })).toEqual({ keys: ['d', 'c', 'b', 'a'], more: false });
        expect(await page(store, { limit: 3, reverse: true })).toEqual({ keys: ['d', 'c', 'b'], more: true });
      },
    },
    {
      title: 'keys that have expired neither fill a page nor count as more',
      run: async (store, harness) => {
        await putKeys(store, ['b', 'd', 'f', 'h']);
        await putKeys(store, ['a', 'c', 'e', 'g', 'i', 'j', 'k'], 1000);
        await harness.advanceTime(1000);
        expect(await page(store, { limit: 2 })).toEqual({ keys: ['b', 'd'], more: true });
        expect(await page(store, { limit: 2, after: 'd' })).toEqual({ keys: ['f', 'h'], more: false });
        expect(await page(store, { limit: 4 })).toEqual({ keys: ['b', 'd', 'f', 'h'], more: false });
        expect(await page(store, { limit: 4, reverse: true })).toEqual({ keys: ['h', 'f', 'd', 'b'], more: false });
        expect(await page(store, { limit: 3, after: 'g' })).toEqual({ keys: ['h'], more: false });
        expect(await page(store, { limit: 3, prefix: 'a' })).toEqual({ keys: [], more: false });
      },
    },
    {
      title: 'pages chain to exactly everything, whatever their limit and direction',
      run: async (store) => {
        await putKeys(store, KEYS_IN_BYTE_ORDER);
        for (const limit of [1, 2, 3, 5, 7, KEYS_IN_BYTE_ORDER.length - 1, KEYS_IN_BYTE_ORDER.length]) {
          expect((await chain(store, { limit })).flat()).toEqual(KEYS_IN_BYTE_ORDER);
          expect((await chain(store, { limit, reverse: true })).flat()).toEqual([...KEYS_IN_BYTE_ORDER].reverse());
          const withA = KEYS_IN_BYTE_ORDER.filter((key) => key.startsWith('a'));
          expect((await chain(store, { limit, prefix: 'a' })).flat()).toEqual(withA);
        }
      },
    },
    {
      title: 'a page follows a key that was deleted meanwhile',
      run: async (store) => {
        await putKeys(store, ['a', 'b', 'c', 'd']);
        const first = await page(store, { limit: 2 });
        await drop(store, 'b');
        expect(await page(store, { limit: 2, after: first.keys.at(-1) ?? '' })).toEqual({
          keys: ['c', 'd'],
          more: false,
        });
      },
    },
    {
      title: 'a page in hand does not change with the store',
      run: async (store) => {
        await putKeys(store, ['a', 'b']);
        const held = await store.listKeys({ limit: 10 });
        await putKeys(store, ['aa', 'c']);
        await drop(store, 'a');
        expect(held.items).toEqual(['a', 'b']);
      },
    },
    {
      title: 'thousands of keys, written and deleted in any order, stay in order',
      run: async (store) => {
        const count = 3000;
        // Steps of a number that shares no factor with the count visit every key once, far from the order of the keys.
        const keys = upTo(count).map((i) => `key-${String((i * 1009) % count).padStart(5, '0')}`);
        for (let i = 0; i < count; i += 500) await putKeys(store, keys.slice(i, i + 500));
        const gone = keys.filter((_, i) => i % 3 === 0);
        for (let i = 0; i < gone.length; i += 500) {
          await commitEach(store, ...gone.slice(i, i + 500).map((key) => remove(key)));
        }
        const left = keys.filter((_, i) => i % 3 !== 0).sort();
        expect(await keysOf(store)).toEqual(left);
        expect((await chain(store, { limit: 333 })).flat()).toEqual(left);
        expect((await chain(store, { limit: 333, reverse: true })).flat()).toEqual([...left].reverse());
      },
    },
  ],
};
