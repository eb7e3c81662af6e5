import { expect } from '@jest/globals';
import { NEVER } from '@kvasir/kv-core';
import type { Concern } from '../conformance-case.js';
import {
  commitEach,
  contentOf,
  drop,
  entryOf,
  EVERYTHING,
  keysOf,
  plainEntry,
  put,
  read,
  remove,
  set,
  valueOf,
} from '../support.js';

/** One key at a time. */
export const readingAndWriting: Concern = {
  name: 'reading and writing',
  cases: [
    {
      title: 'a new store is empty',
      run: async (store) => {
        expect(await contentOf(store)).toEqual({ entries: [], stats: { keys: 0, sizeBytes: 0, revision: 0 } });
        expect(await store.get('a')).toBeUndefined();
        expect(await store.purgeExpired(10)).toBe(0);
      },
    },
    {
      title: 'an entry tells key, value, revision and times',
      run: async (store, harness) => {
        const revision = await put(store, 'a', '{"x":1}');
        const now = harness.now();
        expect(plainEntry(await entryOf(store, 'a'))).toEqual({
          key: 'a',
          value: '{"x":1}',
          revision,
          createdAt: now,
          updatedAt: now,
          expiresAt: NEVER,
        });
      },
    },
    {
      title: 'get, list and a get inside a transaction give the same entry',
      run: async (store) => {
        await put(store, 'a', '[1]', 5000);
        const entry = plainEntry(await entryOf(store, 'a'));
        const listed = await store.list(EVERYTHING);
        const { results } = await commitEach(store, read('a'));
        expect(listed.items.map(plainEntry)).toEqual([entry]);
        expect(results).toMatchObject([{ status: 'got', entry }]);
      },
    },
    {
      title: 'an overwrite replaces value, revision and updated time, and keeps the created time',
      run: async (store, harness) => {
        const createdAt = harness.now();
        await put(store, 'a', '"old"');
        await harness.advanceTime(1234);
        const revision = await put(store, 'a', '"new"');
        expect(plainEntry(await entryOf(store, 'a'))).toEqual({
          key: 'a',
          value: '"new"',
          revision,
          createdAt,
          updatedAt: createdAt + 1234,
          expiresAt: NEVER,
        });
      },
    },
    {
      title: 'an overwrite with the same value is a write like any other',
      run: async (store) => {
        const first = await put(store, 'a', '1');
        const second = await put(store, 'a', '1');
        expect(second).toBe(first + 1);
        expect((await entryOf(store, 'a')).revision).toBe(second);
      },
    },
    {
      title: 'a deleted key is gone from every reader',
      run: async (store) => {
        await put(store, 'a', '1');
        await put(store, 'b', '2');
        await drop(store, 'a');
        expect(await valueOf(store, 'a')).toBeUndefined();
        expect(await keysOf(store)).toEqual(['b']);
        const { results } = await commitEach(store, read('a'), remove('a'));
        expect(results).toEqual([
          { status: 'failed', reason: 'KEY_NOT_FOUND' },
          { status: 'failed', reason: 'KEY_NOT_FOUND' },
        ]);
      },
    },
    {
      title: 'a key that is written again after a delete is created anew',
      run: async (store, harness) => {
        await put(store, 'a', '1');
        await drop(store, 'a');
        await harness.advanceTime(10);
        const { results, revision } = await commitEach(store, set('a', '2'));
        expect(results).toEqual([{ status: 'set', revision, created: true }]);
        expect(await entryOf(store, 'a')).toMatchObject({
          value: '2',
          createdAt: harness.now(),
          updatedAt: harness.now(),
        });
      },
    },
    {
      title: 'an entry in hand does not change with the store',
      run: async (store) => {
        await put(store, 'a', '"old"');
        const entry = await entryOf(store, 'a');
        const before = plainEntry(entry);
        await put(store, 'a', '"new"', 1000);
        await drop(store, 'a');
        expect(plainEntry(entry)).toEqual(before);
      },
    },
    {
      title: 'keys that differ in case, white space, normalisation or one byte are different keys',
      run: async (store) => {
        const keys = ['a', 'A', ' a', 'a ', 'a\n', '\u00e9', 'e\u0301', '\ufeffa', 'a\u200b', 'a/', '/a', 'aa'];
        for (const key of keys) await put(store, key, JSON.stringify(key));
        for (const key of keys) expect(await valueOf(store, key)).toBe(JSON.stringify(key));
        expect(new Set(await keysOf(store))).toEqual(new Set(keys));
      },
    },
  ],
};
