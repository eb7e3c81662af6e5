import { expect } from '@jest/globals';
import { MAX_TTL_MS, type KvStore } from '@kvasir/kv-core';
import type { Concern } from '../conformance-case.js';
import type { KvStoreHarness } from '../harness.js';
import {
  commitAtomically,
  commitEach,
  contentOf,
  drop,
  entryOf,
  increment,
  keysOf,
  put,
  putKeys,
  remove,
  set,
  upTo,
  valueOf,
} from '../support.js';

const EMPTY = { entries: [], stats: { keys: 0, sizeBytes: 0, revision: 0 } };

/** Some history in which every field of an entry matters. */
async function writeHistory(store: KvStore, harness: KvStoreHarness): Promise<void> {
  await put(store, 'plain', '{"b":1,"a":[1.10,12345678901234567890]}');
  await put(store, 'overwritten', '1', 500);
  await put(store, 'hundred years', '"x"', MAX_TTL_MS);
  await put(store, 'odd milliseconds', '"x"', 86_400_007);
  await put(store, 'expires first', '1', 1000);
  await harness.advanceTime(333);
  await put(store, 'overwritten', '"\u{1f600}"');
  await commitAtomically(
    store,
    set('n', '"041"', { ttlMs: 10_001 }),
    increment('n', 1),
    set('gone', '1'),
    remove('gone'),
  );
  await put(store, 'deleted', '1');
  await drop(store, 'deleted');
  await harness.advanceTime(334);
  await commitEach(store, remove('missing'), set('created anew', '1'), remove('created anew'));
  await put(store, 'created anew', '2', 3_153_599_999_999);
}

/** What outlives a restart. */
export const durability: Concern = {
  name: 'durability',
  cases: [
    {
      title: 'a store that is opened anew can do what the one before could, and is durable only if it says so',
      run: async (store, harness) => {
        await put(store, 'a', '1');
        const before = store.capabilities;
        const reopened = await harness.reopen();
        expect(reopened.capabilities).toEqual(before);
        expect((await reopened.stats()).keys).toBe(before.durable ? 1 : 0);
      },
    },
    {
      capability: 'durable',
      present: {
        title: 'a restart gives the same entries in all their fields, again and again',
        run: async (store, harness) => {
          await writeHistory(store, harness);
          const before = await contentOf(store);
          const reopened = await harness.reopen();
          expect(await contentOf(reopened)).toEqual(before);
          expect(await contentOf(await harness.reopen())).toEqual(before);
        },
      },
      absent: {
        title: 'a restart leaves nothing',
        run: async (store, harness) => {
          await writeHistory(store, harness);
          expect(await contentOf(await harness.reopen())).toEqual(EMPTY);
        },
      },
    },
    {
      capability: 'durable',
      present: {
        title: 'a TTL goes on running while the store is closed',
        run: async (store, harness) => {
          await put(store, 'short', '1', 1000);
          await put(store, 'long', '1', 1001);
          await store.close();
          await harness.advanceTime(1000);
          const reopened = await harness.reopen();
          expect(await keysOf(reopened)).toEqual(['long']);
          await harness.advanceTime(1);
          expect(await keysOf(reopened)).toEqual([]);
        },
      },
      absent: {
        title: 'a restart leaves nothing to sweep',
        run: async (store, harness) => {
          await putKeys(store, ['a', 'b'], 1000);
          await harness.advanceTime(1000);
          expect(await (await harness.reopen()).purgeExpired(10)).toBe(0);
        },
      },
    },
    {
      capability: 'durable',
      present: {
        title: 'a key that expired and was written again keeps its new created time, swept between or not',
        run: async (store, harness) => {
          await putKeys(store, ['swept', 'unswept'], 1000);
          await harness.advanceTime(1000);
          await put(store, 'unswept', '2');
          expect(await store.purgeExpired(10)).toBe(1);
          await harness.advanceTime(5);
          await put(store, 'swept', '2');
          const before = await contentOf(store);
          const reopened = await harness.reopen();
          expect(await contentOf(reopened)).toEqual(before);
          expect(await entryOf(reopened, 'swept')).toMatchObject({ createdAt: harness.now() });
          expect(await entryOf(reopened, 'unswept')).toMatchObject({ createdAt: harness.now() - 5 });
        },
      },
      absent: {
        title: 'a key of the store before is created anew',
        run: async (store, harness) => {
          await put(store, 'a', '1');
          await harness.advanceTime(5);
          const next = await harness.reopen();
          await put(next, 'a', '2');
          expect(await entryOf(next, 'a')).toMatchObject({ createdAt: harness.now(), revision: 1 });
        },
      },
    },
    {
      capability: 'durable',
      present: {
        title: 'what was deleted, undone or refused does not come back',
        run: async (store, harness) => {
          await putKeys(store, ['kept', 'deleted', 'gone at once', 'expired']);
          await drop(store, 'deleted');
          await put(store, 'gone at once', '2', 0);
          await put(store, 'expired', '2', 10);
          await commitAtomically(store, set('undone', '1'), remove('kept'), remove('missing'));
          await commitEach(store, set('kept', '2', { onlyIf: 'absent' }));
          await harness.advanceTime(10);
          const reopened = await harness.reopen();
          expect(await keysOf(reopened)).toEqual(['kept']);
          expect(await valueOf(reopened, 'kept')).toBe('1');
        },
      },
      absent: {
        title: 'a failure of the store before is none of the next',
        run: async (store, harness) => {
          await commitAtomically(store, set('a', '1'), remove('missing'));
          const next = await harness.reopen();
          expect((await commitAtomically(next, set('a', '1', { onlyIf: 'absent' }))).committed).toBe(true);
        },
      },
    },
    {
      capability: 'durable',
      present: {
        title: 'writes under way when the store closes are finished and kept',
        run: async (store, harness) => {
          const pending = upTo(100).map((i) => put(store, `key-${i}`, `${i}`));
          const closed = store.close();
          await Promise.all(pending);
          await closed;
          const reopened = await harness.reopen();
          expect(await keysOf(reopened)).toHaveLength(100);
          expect(await valueOf(reopened, 'key-99')).toBe('99');
        },
      },
      absent: {
        title: 'writes under way when the store closes are finished',
        run: async (store, harness) => {
          const pending = upTo(100).map((i) => put(store, `key-${i}`, `${i}`));
          const closed = store.close();
          expect(new Set(await Promise.all(pending)).size).toBe(100);
          await closed;
          expect(await contentOf(await harness.reopen())).toEqual(EMPTY);
        },
      },
    },
    {
      capability: 'durable',
      present: {
        title: 'the store can be written after each of several restarts',
        run: async (store, harness) => {
          let current = store;
          await put(current, 'n', '0');
          for (let i = 1; i <= 5; i++) {
            current = await harness.reopen();
            await commitEach(current, increment('n', 1), set(`key-${i}`, `${i}`));
          }
          current = await harness.reopen();
          expect(await valueOf(current, 'n')).toBe('5');
          expect(await keysOf(current)).toEqual(['key-1', 'key-2', 'key-3', 'key-4', 'key-5', 'n']);
        },
      },
      absent: {
        title: 'each restart begins with nothing',
        run: async (_store, harness) => {
          for (let i = 0; i < 3; i++) {
            const current = await harness.reopen();
            expect(await contentOf(current)).toEqual(EMPTY);
            await put(current, 'a', '1');
          }
        },
      },
    },
  ],
};
