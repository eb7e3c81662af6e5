import { expect } from '@jest/globals';
import { MAX_INTEGER, MAX_PAGE_LIMIT, MAX_TTL_MS, MIN_INTEGER, type ListQuery, type Operation } from '@kvasir/kv-core';
import type { Concern } from '../conformance-case.js';
import {
  commitAtomically,
  commitEach,
  contentOf,
  expectRefusal,
  increment,
  keysOf,
  put,
  read,
  remove,
  set,
  valueOf,
} from '../support.js';

const BAD_KEYS = [
  '',
  '\0',
  'a\0b',
  'a\0',
  '\ud800',
  'a\udc00',
  '\udc00\ud800',
  'a'.repeat(1025),
  '\u00e9'.repeat(513),
  '\u20ac'.repeat(342),
  '\u{1f600}'.repeat(257),
  'a'.repeat(100_000),
];

const LONGEST_KEYS = ['a'.repeat(1024), '\u00e9'.repeat(512), `a${'\u20ac'.repeat(341)}`, '\u{1f600}'.repeat(256)];

const NOT_WHOLE = [0, -1, 1.5, NaN, Infinity, -Infinity, 2 ** 53];

/** What is refused, and that it changes nothing. */
export const validation: Concern = {
  name: 'validation',
  cases: [
    {
      title: 'a key that is empty, too long, or holds NUL or a lone surrogate is refused everywhere',
      run: async (store) => {
        await put(store, 'a', '1');
        const before = await contentOf(store);
        for (const key of BAD_KEYS) {
          await expectRefusal(store.get(key), 'KEY_INVALID');
          for (const operation of [read(key), set(key, '1'), remove(key), increment(key, 1)]) {
            await expectRefusal(commitAtomically(store, set('b', '1'), operation), 'KEY_INVALID');
            await expectRefusal(commitEach(store, set('b', '1'), operation), 'KEY_INVALID');
          }
          for (const check of [
            { key, exists: false },
            { key, revision: 0 },
          ]) {
            const call = store.commit({ atomic: true, checks: [check], operations: [set('b', '1')] });
            await expectRefusal(call, 'KEY_INVALID');
          }
        }
        expect(await contentOf(store)).toEqual(before);
      },
    },
    {
      title: 'a key of 1,024 bytes is a key like any other',
      run: async (store, harness) => {
        let current = store;
        for (const key of LONGEST_KEYS) await put(current, key, '"long"');
        expect(new Set(await keysOf(current))).toEqual(new Set(LONGEST_KEYS));
        current = await harness.reopen();
        if (!current.capabilities.durable) for (const key of LONGEST_KEYS) await put(current, key, '"long"');
        for (const key of LONGEST_KEYS) expect(await valueOf(current, key)).toBe('"long"');
        expect(await keysOf(current, { prefix: 'a'.repeat(1023) })).toEqual(['a'.repeat(1024)]);
        for (const key of LONGEST_KEYS)
          expect((await commitEach(current, remove(key))).results).toMatchObject([{ status: 'deleted' }]);
      },
    },
    {
      title: 'the limit of a listing is a whole number from 1 to the maximum',
      run: async (store) => {
        await put(store, 'a', '1');
        for (const limit of [...NOT_WHOLE, MAX_PAGE_LIMIT + 1]) {
          await expectRefusal(store.list({ limit }), 'QUERY_INVALID');
          await expectRefusal(store.listKeys({ limit }), 'QUERY_INVALID');
        }
        for (const limit of [1, MAX_PAGE_LIMIT]) expect((await store.listKeys({ limit })).items).toEqual(['a']);
      },
    },
    {
      title: 'a listing by prefix and range at once is refused',
      run: async (store) => {
        const queries: ListQuery[] = [
          { prefix: 'a', start: 'a', limit: 1 },
          { prefix: 'a', end: 'b', limit: 1 },
          { prefix: '', start: 'a', end: 'b', limit: 1 },
        ];
        for (const query of queries) {
          await expectRefusal(store.list(query), 'QUERY_INVALID');
          await expectRefusal(store.listKeys(query), 'QUERY_INVALID');
        }
      },
    },
    {
      title: 'the limit of a sweep is a whole number from 1',
      run: async (store, harness) => {
        await put(store, 'a', '1', 1);
        await harness.advanceTime(1);
        for (const limit of NOT_WHOLE) await expectRefusal(store.purgeExpired(limit), 'QUERY_INVALID');
        expect(await store.purgeExpired(1)).toBe(1);
      },
    },
    {
      title:
        'a TTL that is not whole or too long, a check of no revision and an increment past 64 bits are refused and change nothing',
      run: async (store) => {
        await put(store, 'a', '1');
        const before = await contentOf(store);
        const bad: Operation[] = [
          ...[1.5, NaN, Infinity, -Infinity, MAX_TTL_MS + 1, 2 ** 53].map((ttlMs) => set('b', '1', { ttlMs })),
          ...[MAX_INTEGER + 1n, MIN_INTEGER - 1n, 10n ** 100n].map((by) => increment('a', by)),
        ];
        for (const operation of bad) {
          await expectRefusal(commitEach(store, set('b', '1'), operation), 'TRANSACTION_INVALID');
          await expectRefusal(commitAtomically(store, operation), 'TRANSACTION_INVALID');
        }
        for (const revision of [-1, 0.5, NaN, Infinity]) {
          const call = store.commit({ atomic: false, checks: [{ key: 'a', revision }], operations: [set('b', '1')] });
          await expectRefusal(call, 'TRANSACTION_INVALID');
        }
        expect(await contentOf(store)).toEqual(before);
      },
    },
    {
      title: 'a refused call does not hold up the next one',
      run: async (store) => {
        const refused = store.commit({ atomic: true, operations: [set('', '1')] });
        const [taken] = await Promise.all([put(store, 'a', '1'), expectRefusal(refused, 'KEY_INVALID')]);
        expect(taken).toBe(1);
      },
    },
    {
      title: 'a closed store refuses every call, and can be closed again',
      run: async (store) => {
        await put(store, 'a', '1');
        await Promise.all([store.close(), store.close()]);
        await expectRefusal(store.get('a'), 'STORE_CLOSED');
        await expectRefusal(store.list({ limit: 1 }), 'STORE_CLOSED');
        await expectRefusal(store.listKeys({ limit: 1 }), 'STORE_CLOSED');
        await expectRefusal(commitEach(store, set('a', '2')), 'STORE_CLOSED');
        await expectRefusal(store.stats(), 'STORE_CLOSED');
        await expectRefusal(store.purgeExpired(1), 'STORE_CLOSED');
        await store.close();
      },
    },
    {
      title: 'a store refuses from the call of close on',
      run: async (store) => {
        const closing = store.close();
        await expectRefusal(store.get('a'), 'STORE_CLOSED');
        await expectRefusal(commitEach(store, set('a', '2')), 'STORE_CLOSED');
        await closing;
      },
    },
  ],
};
