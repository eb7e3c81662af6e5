import { expect } from '@jest/globals';
import type { Concern } from '../conformance-case.js';
import {
  commitAtomically,
  commitEach,
  drop,
  entryOf,
  EVERYTHING,
  increment,
  put,
  putKeys,
  read,
  remove,
  set,
} from '../support.js';

/** The number that counts the store's writes. */
export const revisions: Concern = {
  name: 'revisions',
  cases: [
    {
      title: 'the first write has revision 1, and each one after it the next',
      run: async (store) => {
        expect((await store.stats()).revision).toBe(0);
        expect(await put(store, 'a', '1')).toBe(1);
        expect(await put(store, 'b', '1')).toBe(2);
        expect(await put(store, 'a', '2')).toBe(3);
        expect(await drop(store, 'b')).toBe(4);
        expect((await commitEach(store, increment('a', 1))).revision).toBe(5);
        expect((await store.stats()).revision).toBe(5);
      },
    },
    {
      title: 'each effect of a transaction has a revision of its own',
      run: async (store) => {
        const { results, revision } = await commitAtomically(
          store,
          set('a', '1'),
          set('b', '1'),
          set('a', '2'),
          read('b'),
        );
        expect(results.slice(0, 3)).toMatchObject([{ revision: 1 }, { revision: 2 }, { revision: 3 }]);
        expect(revision).toBe(3);
        const { items } = await store.list(EVERYTHING);
        expect(items.map((entry) => [entry.key, entry.revision])).toEqual([
          ['a', 3],
          ['b', 2],
        ]);
      },
    },
    {
      title: 'what changes nothing takes no revision',
      run: async (store, harness) => {
        await putKeys(store, ['a', 'b']);
        await putKeys(store, ['expired'], 1000);
        await harness.advanceTime(1000);
        const { revision } = await store.stats();
        const idle = [
          await commitEach(store, read('a'), read('missing')),
          await commitEach(store, remove('missing')),
          await commitEach(store, set('a', '2', { onlyIf: 'absent' })),
          await commitEach(store, set('missing', '2', { onlyIf: 'present' })),
          await commitEach(store, set('missing', '2', { ttlMs: 0 })),
          await commitEach(store, remove('expired')),
          await commitAtomically(store, set('a', '2'), read('missing')),
          await store.commit({ atomic: true, checks: [{ key: 'a', exists: false }], operations: [set('a', '2')] }),
          await commitEach(store),
        ];
        expect(idle.map((result) => result.revision)).toEqual(idle.map(() => revision));
        await store.purgeExpired(100);
        expect((await store.stats()).revision).toBe(revision);
        expect(await put(store, 'a', '3')).toBe(revision + 1);
      },
    },
    {
      title: 'an entry keeps its revision while others are written',
      run: async (store) => {
        const revision = await put(store, 'a', '1');
        await putKeys(store, ['b', 'c']);
        await drop(store, 'b');
        expect((await entryOf(store, 'a')).revision).toBe(revision);
      },
    },
    {
      title: 'concurrent writes take every revision once, without a gap',
      run: async (store) => {
        const taken = await Promise.all(Array.from({ length: 200 }, (_, i) => put(store, `key-${i % 20}`, `${i}`)));
        expect(taken.sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
      },
    },
    {
      capability: 'durable',
      present: {
        title: 'the revision goes on after a restart, whatever the last write was',
        run: async (store, harness) => {
          let current = store;
          await putKeys(current, ['a', 'b', 'c']);
          current = await harness.reopen();
          expect((await current.stats()).revision).toBe(3);
          expect(await drop(current, 'c')).toBe(4);
          current = await harness.reopen();
          expect((await current.stats()).revision).toBe(4);
          await commitEach(current, set('b', '1', { ttlMs: 0 }));
          current = await harness.reopen();
          expect((await current.stats()).revision).toBe(5);
          expect(await put(current, 'a', '2', 1000)).toBe(6);
          await harness.advanceTime(1000);
          await current.purgeExpired(10);
          current = await harness.reopen();
          expect(await current.stats()).toMatchObject({ keys: 0, revision: 6 });
          current = await harness.reopen();
          expect(await put(current, 'a', '3')).toBe(7);
        },
      },
      absent: {
        title: 'the revision begins anew with a new store',
        run: async (store, harness) => {
          await putKeys(store, ['a', 'b', 'c']);
          const next = await harness.reopen();
          expect((await next.stats()).revision).toBe(0);
          expect(await put(next, 'a', '1')).toBe(1);
        },
      },
    },
  ],
};
