import { expect } from '@jest/globals';
import { MAX_LOAD_AHEAD_MS, trustJsonText, type Entry, type KvStore } from '@kvasir/kv-core';
import type { Concern } from '../conformance-case.js';
import type { KvStoreHarness } from '../harness.js';
import {
  contentOf,
  drop,
  entryOf,
  EVERYTHING,
  expectRefusal,
  keysOf,
  plainEntry,
  put,
  readSnapshot,
  upTo,
  valueOf,
} from '../support.js';

/** An entry as another store, or this one long ago, might have held it. */
function entry(key: string, now: number, fields: Partial<Omit<Entry, 'value'>> & { value?: string } = {}): Entry {
  const { value = '"loaded"', ...rest } = fields;
  return {
    key,
    value: trustJsonText(value),
    revision: 1,
    createdAt: now - 5000,
    updatedAt: now - 1001,
    expiresAt: Infinity,
    ...rest,
  };
}

/** Entries in which every field matters, in byte order. */
function sample(now: number): Entry[] {
  return [
    entry('A', now, { revision: 40, value: '{"b":1,"a":[1.10,12345678901234567890]}' }),
    entry('__proto__', now, { revision: 7, createdAt: 0, updatedAt: 1 }),
    entry('a', now, { revision: 41, expiresAt: now + 1 }),
    entry('a\uffff', now, { revision: 3, createdAt: now, updatedAt: now }),
    entry('a\u{1f600}', now, { revision: 2, expiresAt: now + 86_400_007, value: '"\\ud800"' }),
  ];
}

async function* inBatches(entries: readonly Entry[], size = 2): AsyncGenerator<readonly Entry[]> {
  for (let at = 0; at < entries.length; at += size) yield entries.slice(at, at + size);
}

/** Gives entries and then fails. */
async function* failing(entries: readonly Entry[]): AsyncGenerator<readonly Entry[]> {
  yield* inBatches(entries);
  throw new Error('the source failed');
}

async function entriesOf(store: KvStore): Promise<Entry[]> {
  return (await store.list(EVERYTHING)).items.map(plainEntry);
}

async function expectUnchanged(store: KvStore, harness: KvStoreHarness, call: () => Promise<void>): Promise<void> {
  const before = await contentOf(store);
  await call();
  expect(await contentOf(store)).toEqual(before);
  if (!store.capabilities.durable) return;
  expect(await contentOf(await harness.reopen())).toEqual(before);
}

/** Taking entries over from elsewhere. */
export const loading: Concern = {
  name: 'loading',
  cases: [
    {
      title: 'an empty store takes entries over in all their fields, and the revision; a restart keeps them',
      run: async (store, harness) => {
        const entries = sample(harness.now());
        expect(await store.load(inBatches(entries), { mode: 'fill', revision: 99 })).toEqual({
          entries: 5,
          expired: 0,
          revision: 99,
        });
        expect(await entriesOf(store)).toEqual(entries);
        const content = await contentOf(store);
        expect(content).toMatchObject({ stats: { keys: 5, revision: 99 } });
        expect(await readSnapshot(store)).toMatchObject({ entries, revision: 99, keys: 5 });
        const reopened = store.capabilities.durable ? await harness.reopen() : store;
        expect(await contentOf(reopened)).toEqual(content);
        expect(await put(reopened, 'next', '1')).toBe(100);
        await harness.advanceTime(1);
        expect(await keysOf(reopened)).toEqual(['A', '__proto__', 'a\uffff', 'a\u{1f600}', 'next']);
        expect(await reopened.purgeExpired(10)).toBe(1);
      },
    },
    {
      title: 'the revision of a load is at least the highest of its entries',
      run: async (store, harness) => {
        expect((await store.load(inBatches(sample(harness.now())), { mode: 'replace', revision: 4 })).revision).toBe(
          41,
        );
        expect(await put(store, 'next', '1')).toBe(42);
      },
    },
    {
      title: 'an empty load leaves an empty store empty, and a replace by nothing empties it',
      run: async (store, harness) => {
        expect(await store.load([], { mode: 'fill' })).toEqual({ entries: 0, expired: 0, revision: 0 });
        await put(store, 'a', '1');
        expect(await store.load([[]], { mode: 'replace' })).toEqual({ entries: 0, expired: 0, revision: 2 });
        expect(await keysOf(store)).toEqual([]);
        const reopened = await harness.reopen();
        if (reopened.capabilities.durable) expect(await put(reopened, 'a', '1')).toBe(3);
      },
    },
    {
      title: 'a replace leaves nothing of before, and the revision never goes back',
      run: async (store, harness) => {
        for (const index of upTo(60)) await put(store, `old-${index}`, '"old"', index === 0 ? 50 : undefined);
        await put(store, 'a', '"old"', 50);
        const entries = sample(harness.now());
        expect((await store.load(inBatches(entries), { mode: 'replace' })).revision).toBe(62);
        expect(await entriesOf(store)).toEqual(entries);
        expect(await store.stats()).toMatchObject({ keys: 5, revision: 62 });
        await put(store, 'A', '"new"');
        await drop(store, '__proto__');
        expect(await entryOf(store, 'A')).toMatchObject({ revision: 63, createdAt: entries[0]!.createdAt });
        const content = await contentOf(store);
        if (store.capabilities.durable) expect(await contentOf(await harness.reopen())).toEqual(content);
      },
    },
    {
      title: 'a fill is refused by a store that holds a key, and taken by one whose keys are gone',
      run: async (store, harness) => {
        await put(store, 'deleted', '1');
        await drop(store, 'deleted');
        await put(store, 'a', '1', 10);
        const fill = (): Promise<unknown> => store.load(inBatches(sample(harness.now())), { mode: 'fill' });
        const before = await contentOf(store);
        await expectRefusal(fill(), 'STORE_NOT_EMPTY');
        expect(await contentOf(store)).toEqual(before);
        await harness.advanceTime(10);
        expect(await fill()).toMatchObject({ entries: 5, revision: 41 });
        expect(await keysOf(store)).toEqual(sample(0).map(({ key }) => key));
      },
    },
    {
      title: 'a replace or fill that fails changes nothing',
      run: async (store, harness) => {
        await put(store, 'a', '1', 60_000);
        await put(store, 'b', '2');
        await expectUnchanged(store, harness, async () => {
          const load = store.load(failing(sample(harness.now())), { mode: 'replace' });
          await expect(load).rejects.toThrow('the source failed');
        });
      },
    },
    {
      title: 'an entry out of order, or from the far future, fails a replace',
      run: async (store, harness) => {
        await put(store, 'a', '1');
        const now = harness.now();
        await expectUnchanged(store, harness, async () => {
          const unordered = [entry('x', now), entry('y', now), entry('y', now)];
          await expectRefusal(store.load(inBatches(unordered), { mode: 'replace' }), 'LOAD_INVALID');
          for (const times of [
            { updatedAt: now + MAX_LOAD_AHEAD_MS + 1 },
            { createdAt: now + MAX_LOAD_AHEAD_MS + 1 },
          ]) {
            const load = store.load([[entry('x', now, times)]], { mode: 'replace' });
            await expectRefusal(load, 'LOAD_INVALID');
          }
        });
      },
    },
    {
      title: 'readers see all or nothing of a replace, and what was there until then',
      run: async (store, harness) => {
        await put(store, 'old', '1');
        const entries = upTo(50).map((index) => entry(`new-${String(index).padStart(2, '0')}`, harness.now()));
        async function* watched(): AsyncGenerator<readonly Entry[]> {
          for await (const batch of inBatches(entries, 10)) {
            yield batch;
            await put(store, 'old', '"written meanwhile"');
            expect(await keysOf(store)).toEqual(['old']);
          }
        }
        await store.load(watched(), { mode: 'replace' });
        expect(await keysOf(store)).toEqual(entries.map(({ key }) => key));
        expect(await valueOf(store, 'old')).toBeUndefined();
      },
    },
    {
      title:
        'a merge writes over what is there: value, expiry and times as loaded, a new revision, all others as they were',
      run: async (store, harness) => {
        for (const key of ['A', 'a', 'kept']) await put(store, key, '"old"', 60_000);
        await drop(store, 'A');
        const kept = await entryOf(store, 'kept');
        const entries = sample(harness.now());
        expect(await store.load(inBatches(entries), { mode: 'merge', revision: 1000 })).toEqual({
          entries: 5,
          expired: 0,
          revision: 9,
        });
        const merged = entries.map((one, index) => ({ ...one, revision: 5 + index }));
        const expected = [...merged, plainEntry(kept)];
        expect(await entriesOf(store)).toEqual(expected);
        const content = await contentOf(store);
        expect(content).toMatchObject({ stats: { keys: 6, revision: 9 } });
        const reopened = store.capabilities.durable ? await harness.reopen() : store;
        expect(await contentOf(reopened)).toEqual(content);
        await harness.advanceTime(7);
        await put(reopened, '__proto__', '"again"');
        expect(await entryOf(reopened, '__proto__')).toMatchObject({
          createdAt: 0,
          updatedAt: harness.now(),
          revision: 10,
        });
        if (!store.capabilities.durable) return;
        expect(await entryOf(await harness.reopen(), '__proto__')).toMatchObject({ createdAt: 0, revision: 10 });
      },
    },
    {
      title: 'what has expired is left out of every load, and takes nothing along',
      run: async (store, harness) => {
        await put(store, 'b', '"old"');
        const now = harness.now();
        const entries = [
          entry('a', now, { expiresAt: now - 1 }),
          entry('b', now, { expiresAt: now }),
          entry('c', now, { expiresAt: now + 1, revision: 90 }),
        ];
        expect(await store.load(inBatches(entries), { mode: 'merge' })).toEqual({
          entries: 1,
          expired: 2,
          revision: 2,
        });
        expect(await valueOf(store, 'b')).toBe('"old"');
        expect(await store.load([entries], { mode: 'replace' })).toEqual({ entries: 1, expired: 2, revision: 90 });
        expect(await keysOf(store)).toEqual(['c']);
      },
    },
    {
      title: 'a snapshot that is being read stays as it was through a replace and a merge',
      run: async (store, harness) => {
        for (const index of upTo(20)) await put(store, `key-${index}`, `${index}`);
        const expected = await entriesOf(store);
        const [first, second] = [await store.snapshot(), await store.snapshot()];
        const now = harness.now();
        await store.load([[entry('key-1', now), entry('key-2', now), entry('new', now)]], { mode: 'merge' });
        await put(store, 'key-3', '"new"');
        const entries: Entry[] = [];
        for await (const batch of first) entries.push(...batch.map(plainEntry));
        expect(entries).toEqual(expected);
        await store.load([[entry('key-4', now)]], { mode: 'replace' });
        await put(store, 'key-5', '"new"');
        const others: Entry[] = [];
        for await (const batch of second) others.push(...batch.map(plainEntry));
        expect(others).toEqual(expected);
        expect(await keysOf(store)).toEqual(['key-4', 'key-5']);
      },
    },
    {
      title: 'a large load is taken in many batches, and reads and writes go on meanwhile',
      run: async (store, harness) => {
        const now = harness.now();
        const entries = upTo(3000).map((index) =>
          entry(`key-${String(index).padStart(5, '0')}`, now, { revision: index + 1, value: `${index}` }),
        );
        async function* withWrites(prefix: string): AsyncGenerator<readonly Entry[]> {
          for await (const batch of inBatches(entries, 250)) {
            yield batch;
            await put(store, `${prefix}-${batch[0]!.key}`, '1');
          }
        }
        await store.load(withWrites('gone'), { mode: 'replace' });
        expect(await entriesOf(store)).toEqual(entries);
        await store.load(withWrites('stays'), { mode: 'merge' });
        expect(await store.stats()).toMatchObject({ keys: 3012 });
        const { revision } = await store.stats();
        expect(revision).toBe(3000 + 3000 + 12);
        const revisions = (await entriesOf(store)).map((one) => one.revision);
        expect(new Set(revisions).size).toBe(3012);
      },
    },
    {
      title: 'one load runs at a time, and a closed store takes none',
      run: async (store, harness) => {
        const now = harness.now();
        let refused: Promise<unknown> | undefined;
        async function* holding(): AsyncGenerator<readonly Entry[]> {
          refused = expectRefusal(store.load([], { mode: 'merge' }), 'STORE_UNAVAILABLE');
          await refused;
          yield [entry('a', now)];
        }
        expect((await store.load(holding(), { mode: 'merge' })).entries).toBe(1);
        expect(refused).toBeDefined();
        await store.close();
        await expectRefusal(store.load([], { mode: 'merge' }), 'STORE_CLOSED');
      },
    },
  ],
};
