import { expect } from '@jest/globals';
import type { Concern } from '../conformance-case.js';
import { commitAtomically, commitEach, drop, increment, put, putKeys, remove, set, upTo } from '../support.js';

/** The store's figures. */
export const stats: Concern = {
  name: 'stats',
  cases: [
    {
      title: 'sizes count the UTF-8 bytes of the values, not their characters, and not the keys',
      run: async (store) => {
        await put(store, 'a'.repeat(500), '"a"');
        expect(await store.stats()).toMatchObject({ keys: 1, sizeBytes: 3 });
        await put(store, 'b', '"\u00e9"');
        expect(await store.stats()).toMatchObject({ keys: 2, sizeBytes: 3 + 4 });
        await put(store, 'c', '"\u20ac"');
        await put(store, 'd', '"\u{1f600}"');
        await put(store, 'e', '"\\ud800"');
        expect(await store.stats()).toMatchObject({ keys: 5, sizeBytes: 3 + 4 + 5 + 6 + 8 });
      },
    },
    {
      title: 'figures stay exact through overwrites, increments and deletes',
      run: async (store) => {
        await put(store, 'a', '"\u20ac\u20ac"');
        await put(store, 'a', '1');
        expect(await store.stats()).toMatchObject({ keys: 1, sizeBytes: 1 });
        await put(store, 'n', '99');
        await commitEach(store, increment('n', 1));
        expect(await store.stats()).toMatchObject({ keys: 2, sizeBytes: 4 });
        await drop(store, 'a');
        expect(await store.stats()).toMatchObject({ keys: 1, sizeBytes: 3 });
        await commitAtomically(store, set('a', '"x"'), set('a', '"xx"'), remove('n'), set('n', '1'), remove('n'));
        expect(await store.stats()).toMatchObject({ keys: 1, sizeBytes: 4 });
        await put(store, 'a', '1', 0);
        expect(await store.stats()).toMatchObject({ keys: 0, sizeBytes: 0 });
      },
    },
    {
      title: 'what has expired does not count, from its deadline on, swept or not',
      run: async (store, harness) => {
        await put(store, 'a', '"\u00e9"', 1000);
        await put(store, 'b', '22');
        await put(store, 'c', '333', 2000);
        await harness.advanceTime(999);
        expect(await store.stats()).toMatchObject({ keys: 3, sizeBytes: 9 });
        await harness.advanceTime(1);
        expect(await store.stats()).toMatchObject({ keys: 2, sizeBytes: 5 });
        await store.purgeExpired(10);
        expect(await store.stats()).toMatchObject({ keys: 2, sizeBytes: 5 });
        await put(store, 'a', '1');
        await harness.advanceTime(1000);
        expect(await store.stats()).toMatchObject({ keys: 2, sizeBytes: 3 });
        await put(store, 'c', '4444');
        expect(await store.stats()).toMatchObject({ keys: 3, sizeBytes: 7 });
        expect(await store.purgeExpired(10)).toBe(0);
        expect(await store.stats()).toMatchObject({ keys: 3, sizeBytes: 7 });
      },
    },
    {
      title: 'what was undone or refused does not count',
      run: async (store) => {
        await put(store, 'a', '1');
        await commitAtomically(store, set('a', '"longer"'), set('b', '1'), remove('missing'));
        await commitEach(store, set('a', '"longer"', { onlyIf: 'absent' }));
        expect(await store.stats()).toMatchObject({ keys: 1, sizeBytes: 1, revision: 1 });
      },
    },
    {
      title: 'figures are exact after hundreds of concurrent writes',
      run: async (store, harness) => {
        await Promise.all(
          upTo(300).map((i) => put(store, `key-${i % 30}`, `"${'x'.repeat(i % 7)}"`, i % 2 === 0 ? 1000 : undefined)),
        );
        const { items } = await store.list({ limit: 100 });
        const sizeBytes = items.reduce((sum, entry) => sum + Buffer.byteLength(entry.value), 0);
        expect(await store.stats()).toMatchObject({ keys: 30, sizeBytes, revision: 300 });
        await harness.advanceTime(1000);
        const left = await store.list({ limit: 100 });
        expect(await store.stats()).toMatchObject({
          keys: left.items.length,
          sizeBytes: left.items.reduce((sum, entry) => sum + Buffer.byteLength(entry.value), 0),
        });
      },
    },
    {
      capability: 'durable',
      present: {
        title: 'figures are the same after a restart',
        run: async (store, harness) => {
          await putKeys(store, ['a', 'b'], 1000);
          await put(store, 'c', '"\u{1f600}"');
          await put(store, 'c', '"\u20ac"');
          await harness.advanceTime(1000);
          const reopened = await harness.reopen();
          expect(await reopened.stats()).toMatchObject({ keys: 1, sizeBytes: 5, revision: 4 });
        },
      },
      absent: {
        title: 'figures begin at nothing after a restart',
        run: async (store, harness) => {
          await putKeys(store, ['a', 'b'], 1000);
          expect(await (await harness.reopen()).stats()).toMatchObject({ keys: 0, sizeBytes: 0, revision: 0 });
        },
      },
    },
  ],
};
