import { expect } from '@jest/globals';
import type { KvStore, TransactionResult } from '@kvasir/kv-core';
import type { Concern } from '../conformance-case.js';
import {
  commitAtomically,
  commitEach,
  entryOf,
  EVERYTHING,
  increment,
  put,
  putKeys,
  read,
  remove,
  set,
  upTo,
  valueOf,
} from '../support.js';

const SUCCESS = (result: TransactionResult): boolean =>
  result.committed && result.results.every((operation) => operation.status !== 'failed');

/** The values that a read inside one transaction gave. */
function valuesRead(result: TransactionResult): (string | undefined)[] {
  return result.results.map((operation) => (operation.status === 'got' ? operation.entry.value : undefined));
}

/** Reads two keys that are always written together, again and again until the writers are done; both must always agree. */
async function expectNeverTorn(store: KvStore, writers: Promise<unknown>): Promise<number> {
  let writing = true;
  const done = writers.finally(() => {
    writing = false;
  });
  // When an expectation below fails first, the writers' own failure must not go unheard of.
  done.catch(() => undefined);
  let rounds = 0;
  do {
    const [listed, readAtomically, readEach] = await Promise.all([
      store.list(EVERYTHING),
      commitAtomically(store, read('a'), read('z')),
      commitEach(store, read('z'), read('a')),
    ]);
    for (const values of [listed.items.map((entry) => entry.value), valuesRead(readAtomically), valuesRead(readEach)]) {
      expect(values).toHaveLength(2);
      expect(values[0]).toBe(values[1]);
    }
    rounds += 1;
    // Lets the writers' timers and disk answers in, on engines whose promises all resolve at once.
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  } while (writing);
  await done;
  return rounds;
}

/** Hundreds of calls started before the first is answered. */
export const concurrency: Concern = {
  name: 'concurrency',
  cases: [
    {
      title: 'increments of one key started at once add exactly',
      run: async (store) => {
        await put(store, 'n', '0');
        const results = await Promise.all(upTo(400).map(() => commitEach(store, increment('n', 1))));
        expect(results.every(SUCCESS)).toBe(true);
        expect(await valueOf(store, 'n')).toBe('400');
        const sums = results.map(({ results: [first] }) =>
          first?.status === 'incremented' ? Number(first.value) : NaN,
        );
        expect(sums.sort((a, b) => a - b)).toEqual(upTo(400).map((i) => i + 1));
      },
    },
    {
      title: 'increments of several keys in any order of the keys add exactly',
      run: async (store) => {
        const keys = ['n0', 'n1', 'n2', 'n3', 'n4'];
        await commitAtomically(store, ...keys.map((key) => set(key, '"0"')));
        const results = await Promise.all(
          upTo(200).map((i) => {
            const rotated = [...keys.slice(i % 5), ...keys.slice(0, i % 5)];
            const order = i % 2 === 0 ? rotated : rotated.reverse();
            return commitAtomically(store, ...order.map((key) => increment(key, 1)));
          }),
        );
        expect(results.every(SUCCESS)).toBe(true);
        expect((await store.list(EVERYTHING)).items.map((entry) => entry.value)).toEqual(keys.map(() => '"200"'));
      },
    },
    {
      title: 'of many onlyIf absent one wins, and its value stays',
      run: async (store) => {
        const results = await Promise.all(
          upTo(200).map((i) => commitEach(store, set('a', `${i}`, { onlyIf: 'absent' }))),
        );
        const winners = upTo(200).filter((i) => results[i]?.results[0]?.status === 'set');
        expect(winners).toHaveLength(1);
        expect(await valueOf(store, 'a')).toBe(`${winners[0]}`);
        expect((await store.stats()).revision).toBe(1);
      },
    },
    {
      title: 'of many checks by the same revision one wins',
      run: async (store) => {
        const revision = await put(store, 'a', '"first"');
        const checks = [{ key: 'a', revision }];
        const results = await Promise.all(
          upTo(200).map((i) => store.commit({ atomic: true, checks, operations: [set('a', `${i}`)] })),
        );
        expect(results.filter((result) => result.committed)).toHaveLength(1);
        expect((await store.stats()).revision).toBe(revision + 1);
      },
    },
    {
      title: 'of many deletes of one key one finds it',
      run: async (store) => {
        await put(store, 'a', '1');
        const results = await Promise.all(upTo(100).map(() => commitEach(store, remove('a'))));
        expect(results.filter(SUCCESS)).toHaveLength(1);
      },
    },
    {
      title: 'compare-and-set loops lose no update',
      run: async (store) => {
        await put(store, 'n', '0');
        const addOne = async (): Promise<void> => {
          // Each round has one winner, so nobody needs more rounds than there are writers.
          for (const _round of upTo(20)) {
            const { revision, value } = await entryOf(store, 'n');
            const result = await store.commit({
              atomic: true,
              checks: [{ key: 'n', revision }],
              operations: [set('n', `${Number(value) + 1}`)],
            });
            if (result.committed) return;
          }
          throw new Error('a writer lost every round');
        };
        await Promise.all(upTo(20).map(addOne));
        expect(await valueOf(store, 'n')).toBe('20');
      },
    },
    {
      title: 'an atomic transaction is never half seen, through a listing or reads of one transaction',
      run: async (store) => {
        await putKeys(store, ['a', 'z']);
        const write = async (writer: number): Promise<void> => {
          for (const i of upTo(25)) {
            const value = `${writer * 1000 + i}`;
            await commitAtomically(
              store,
              ...(writer % 2 === 0 ? [set('a', value), set('z', value)] : [set('z', value), set('a', value)]),
            );
          }
        };
        expect(await expectNeverTorn(store, Promise.all(upTo(10).map(write)))).toBeGreaterThan(0);
      },
    },
    {
      title: 'a failed atomic transaction is never seen, not for a moment',
      run: async (store) => {
        await putKeys(store, ['a', 'z']);
        const failing = upTo(200).map((i) =>
          commitAtomically(store, set('a', `"bad ${i}"`), remove('z'), read('missing')),
        );
        await expectNeverTorn(store, Promise.all(failing));
        expect(await valueOf(store, 'a')).toBe('1');
      },
    },
    {
      title: 'money moved between accounts is neither made nor lost',
      run: async (store) => {
        const accounts = upTo(8).map((i) => `account-${i}`);
        await commitAtomically(store, ...accounts.map((key) => set(key, '100')));
        await Promise.all(
          upTo(300).map((i) => {
            const from = accounts[i % 8] ?? '';
            const to = accounts[(i * 3 + 1) % 8] ?? '';
            return commitAtomically(store, increment(from, -i), increment(to, i));
          }),
        );
        const { items } = await store.list(EVERYTHING);
        expect(items.reduce((sum, entry) => sum + Number(entry.value), 0)).toBe(800);
      },
    },
    {
      title: 'a reader sees every write that was answered before it asked',
      run: async (store) => {
        await Promise.all(
          upTo(100).map(async (i) => {
            const revision = await put(store, `key-${i}`, `${i}`);
            expect(await entryOf(store, `key-${i}`)).toMatchObject({ revision, value: `${i}` });
            expect((await store.listKeys({ prefix: `key-${i}`, limit: 1 })).items).toEqual([`key-${i}`]);
            expect((await store.stats()).revision).toBeGreaterThanOrEqual(revision);
          }),
        );
      },
    },
    {
      title: 'of many writes to one key the one with the highest revision stays',
      run: async (store) => {
        const pending = upTo(100).map((i) => put(store, 'a', `${i}`));
        const taken = await Promise.all(pending);
        const last = taken.indexOf(Math.max(...taken));
        expect(await valueOf(store, 'a')).toBe(`${last}`);
      },
    },
  ],
};
