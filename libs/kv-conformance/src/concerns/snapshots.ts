import { expect } from '@jest/globals';
import type { Entry, KvStore, StoreSnapshot } from '@kvasir/kv-core';
import type { Concern } from '../conformance-case.js';
import {
  commitAtomically,
  drop,
  EVERYTHING,
  expectRefusal,
  plainEntry,
  put,
  readSnapshot,
  remove,
  set,
  upTo,
} from '../support.js';

/** More than any engine reads at a time. */
const MANY = 2500;

const NASTY_KEYS = ['\u{10000}', '\ue000', 'a\uffff', 'a\u{1f600}', 'B', 'a', '__proto__', 'a/b', '\u0001', '"', '\\'];

function nameOf(index: number): string {
  return `key-${String(index).padStart(5, '0')}`;
}

async function fillWithMany(store: KvStore): Promise<void> {
  await commitAtomically(store, ...upTo(MANY).map((index) => set(nameOf(index), `${index}`)));
}

/** Everything that a reader sees, as a snapshot would give it. */
async function visible(store: KvStore): Promise<Entry[]> {
  return (await store.list(EVERYTHING)).items.map(plainEntry);
}

/** Reads a snapshot, with work between its first batch and the rest. */
async function readWith(snapshot: StoreSnapshot, work: () => Promise<void>): Promise<Entry[]> {
  const entries: Entry[] = [];
  let first = true;
  for await (const batch of snapshot) {
    entries.push(...batch.map(plainEntry));
    if (first) await work();
    first = false;
  }
  return entries;
}

/** All entries at one revision. */
export const snapshots: Concern = {
  name: 'snapshots',
  cases: [
    {
      title: 'a snapshot gives every entry in all its fields, in byte order, with revision, time and number',
      run: async (store, harness) => {
        await put(store, 'overwritten', '1', 500);
        await harness.advanceTime(123);
        await put(store, 'overwritten', '{"b":1.10,"a":[12345678901234567890]}');
        await put(store, 'expires', '"\u{1f600}"', 60_001);
        for (const key of NASTY_KEYS) await put(store, key, '"\\ud800"');
        await put(store, 'deleted', '1');
        await drop(store, 'deleted');
        const { revision } = await store.stats();
        const expected = await visible(store);
        const { entries, ...head } = await readSnapshot(store);
        expect(entries).toEqual(expected);
        expect(head).toEqual({ revision, time: harness.now(), keys: expected.length });
      },
    },
    {
      title: 'a snapshot of an empty store is empty',
      run: async (store, harness) => {
        expect(await readSnapshot(store)).toEqual({ entries: [], revision: 0, time: harness.now(), keys: 0 });
      },
    },
    {
      title: 'a snapshot tells nothing of what is written after it, before it is read or while it is',
      run: async (store) => {
        await fillWithMany(store);
        const expected = await visible(store);
        const snapshot = await store.snapshot();
        await put(store, nameOf(0), '"late"');
        await drop(store, nameOf(1));
        await drop(store, nameOf(MANY - 1));
        const entries = await readWith(snapshot, async () => {
          const last = nameOf(MANY - 2);
          await put(store, last, '"late"');
          await drop(store, last);
          await put(store, last, '"later"');
          await put(store, 'a', '"new"');
          await put(store, 'z', '"new"');
          const rest = upTo(MANY - 3).map((index) => nameOf(index + 2));
          await commitAtomically(
            store,
            ...rest.map((key, index) => (index % 2 === 0 ? set(key, '"late"') : remove(key))),
          );
        });
        expect(entries).toEqual(expected);
        expect({ revision: snapshot.revision, keys: snapshot.keys }).toEqual({ revision: MANY, keys: MANY });
        const after = await readSnapshot(store);
        expect(after.entries).toEqual(await visible(store));
        expect(after.revision).toBe((await store.stats()).revision);
      },
    },
    {
      title: 'what had expired is left out; what expires while it is read is in it, swept or not',
      run: async (store, harness) => {
        await put(store, 'before', '1', 1000);
        await put(store, 'while', '1', 1001);
        await put(store, 'swept', '1', 1001);
        await put(store, 'never', '1');
        await harness.advanceTime(1000);
        const snapshot = await store.snapshot();
        const swept = await store.snapshot();
        await harness.advanceTime(5000);
        await put(store, 'while', '2');
        const keys = async (read: StoreSnapshot): Promise<string[]> => {
          const found: string[] = [];
          for await (const batch of read) found.push(...batch.map(({ key }) => key));
          return found;
        };
        expect(await keys(snapshot)).toEqual(['never', 'swept', 'while']);
        await store.purgeExpired(100);
        expect(await keys(swept)).toEqual(['never', 'swept', 'while']);
        expect((await readSnapshot(store)).entries.map(({ key }) => key)).toEqual(['never', 'while']);
      },
    },
    {
      title: 'several snapshots are each of their own revision',
      run: async (store) => {
        const taken: { snapshot: StoreSnapshot; expected: Entry[] }[] = [];
        for (const index of upTo(4)) {
          await put(store, 'shared', `${index}`);
          await put(store, `own-${index}`, `${index}`);
          if (index > 0) await drop(store, `own-${index - 1}`);
          taken.push({ snapshot: await store.snapshot(), expected: await visible(store) });
        }
        await put(store, 'shared', '"late"');
        for (const { snapshot, expected } of taken.toReversed()) {
          const entries: Entry[] = [];
          for await (const batch of snapshot) entries.push(...batch.map(plainEntry));
          expect(entries).toEqual(expected);
        }
      },
    },
    {
      title: 'a reader may stop, or never begin, and the store goes on',
      run: async (store) => {
        await fillWithMany(store);
        const unread = await store.snapshot();
        for await (const batch of await store.snapshot()) {
          expect(batch.length).toBeGreaterThan(0);
          break;
        }
        await unread.close();
        await unread.close();
        await put(store, nameOf(7), '"new"');
        expect((await readSnapshot(store)).entries).toEqual(await visible(store));
      },
    },
    {
      title: 'a snapshot is there after a restart, as what there is then',
      run: async (store, harness) => {
        await put(store, 'a', '1', 5000);
        await harness.advanceTime(5);
        await put(store, 'a', '2', 5000);
        await put(store, 'b', '2');
        const reopened = await harness.reopen();
        expect((await readSnapshot(reopened)).entries).toEqual(await visible(reopened));
      },
    },
    {
      title: 'a store that closes ends its snapshots, and gives no more',
      run: async (store) => {
        await fillWithMany(store);
        const begun = (await store.snapshot())[Symbol.asyncIterator]();
        expect((await begun.next()).done).toBe(false);
        const unread = await store.snapshot();
        await store.close();
        await expectRefusal(begun.next(), 'STORE_CLOSED');
        await expectRefusal(unread[Symbol.asyncIterator]().next(), 'STORE_CLOSED');
        await expectRefusal(store.snapshot(), 'STORE_CLOSED');
      },
    },
  ],
};
