import { expect } from '@jest/globals';
import type { Concern } from '../conformance-case.js';
import {
  commitAtomically,
  commitEach,
  contentOf,
  entryOf,
  expectRefusal,
  increment,
  keysOf,
  put,
  putKeys,
  read,
  set,
  upTo,
  valueOf,
} from '../support.js';

/** Several stores over the same data, as in several processes. */
export const sharing: Concern = {
  name: 'sharing',
  cases: [
    {
      capability: 'shared',
      present: {
        title: 'each store sees what the other has written',
        run: async (store, harness) => {
          const another = await harness.openAnother();
          const first = await put(store, 'a', '1', 1000);
          expect(await entryOf(another, 'a')).toMatchObject({ value: '1', revision: first });
          const second = await put(another, 'a', '2');
          expect(second).toBe(first + 1);
          expect(await valueOf(store, 'a')).toBe('2');
          expect(await contentOf(store)).toEqual(await contentOf(another));
        },
      },
      absent: {
        title: 'another store over the same data is refused, or has data of its own',
        run: async (store, harness) => {
          await put(store, 'a', '1');
          const before = await contentOf(store);
          if (store.capabilities.durable) {
            await expectRefusal(harness.openAnother(), 'DATA_DIR_LOCKED');
          } else {
            const another = await harness.openAnother();
            expect(await keysOf(another)).toEqual([]);
            await put(another, 'b', '1');
          }
          expect(await contentOf(store)).toEqual(before);
        },
      },
    },
    {
      capability: 'shared',
      present: {
        title: 'increments through both stores at once add exactly',
        run: async (store, harness) => {
          const stores = [store, await harness.openAnother()] as const;
          await put(store, 'n', '0');
          await Promise.all(upTo(200).map((i) => commitEach(stores[i % 2 === 0 ? 0 : 1], increment('n', 1))));
          expect(await valueOf(store, 'n')).toBe('200');
          expect(await valueOf(stores[1], 'n')).toBe('200');
        },
      },
      absent: {
        title: 'a store goes on after another was asked for',
        run: async (store, harness) => {
          await put(store, 'n', '0');
          await harness.openAnother().then(
            (another) => another.close(),
            () => undefined,
          );
          await Promise.all(upTo(50).map(() => commitEach(store, increment('n', 1))));
          expect(await valueOf(store, 'n')).toBe('50');
        },
      },
    },
    {
      capability: 'shared',
      present: {
        title: 'revisions of both stores are one sequence, and onlyIf absent has one winner',
        run: async (store, harness) => {
          const stores = [store, await harness.openAnother()] as const;
          const results = await Promise.all(
            upTo(100).map((i) =>
              commitAtomically(
                stores[i % 2 === 0 ? 0 : 1],
                set(`key-${i}`, '1'),
                set('won', `${i}`, { onlyIf: 'absent' }),
              ),
            ),
          );
          expect(results.filter((result) => result.committed)).toHaveLength(1);
          expect((await stores[1].stats()).revision).toBe(2);
          const taken = await Promise.all(upTo(100).map((i) => put(stores[i % 2 === 0 ? 0 : 1], `key-${i % 7}`, '1')));
          expect(taken.sort((a, b) => a - b)).toEqual(upTo(100).map((i) => i + 3));
        },
      },
      absent: {
        title: 'revisions of a store are its own',
        run: async (store, harness) => {
          await put(store, 'a', '1');
          await harness.openAnother().then(
            (another) => put(another, 'a', '1'),
            () => undefined,
          );
          expect(await put(store, 'a', '2')).toBe(2);
        },
      },
    },
    {
      capability: 'shared',
      present: {
        title: 'an atomic transaction of one store is never half seen by the other',
        run: async (store, harness) => {
          const another = await harness.openAnother();
          await putKeys(store, ['a', 'z']);
          const writers = Promise.all(
            upTo(100).map((i) => commitAtomically(store, set('a', `${i}`), set('z', `${i}`))),
          );
          // When an expectation below fails first, the writers' own failure must not go unheard of.
          writers.catch(() => undefined);
          for (let i = 0; i < 50; i++) {
            const { items } = await another.list({ limit: 10 });
            expect(items[0]?.value).toBe(items[1]?.value);
            const { results } = await commitEach(another, read('z'), read('a'));
            const values = results.map((result) => (result.status === 'got' ? result.entry.value : undefined));
            expect(values[0]).toBe(values[1]);
          }
          await writers;
        },
      },
      absent: {
        title: 'a sweep of another store frees nothing here',
        run: async (store, harness) => {
          await put(store, 'a', '1', 1000);
          await harness.advanceTime(1000);
          await harness.openAnother().then(
            (another) => another.purgeExpired(10),
            () => undefined,
          );
          expect(await store.purgeExpired(10)).toBe(1);
        },
      },
    },
    {
      capability: 'shared',
      present: {
        title: 'closing one store leaves the other at work, and sweeps of both free each entry once',
        run: async (store, harness) => {
          const another = await harness.openAnother();
          await putKeys(
            store,
            upTo(50).map((i) => `key-${i}`),
            1000,
          );
          await harness.advanceTime(1000);
          const freed = await Promise.all([store.purgeExpired(50), another.purgeExpired(50)]);
          expect(freed[0] + freed[1] + (await store.purgeExpired(50))).toBe(50);
          await store.close();
          await put(another, 'a', '1');
          expect(await keysOf(another)).toEqual(['a']);
        },
      },
      absent: {
        title: 'once the first store is closed, a new one opens',
        run: async (store, harness) => {
          await put(store, 'a', '1');
          await store.close();
          const next = await harness.reopen();
          expect(await keysOf(next)).toEqual(next.capabilities.durable ? ['a'] : []);
        },
      },
    },
  ],
};
