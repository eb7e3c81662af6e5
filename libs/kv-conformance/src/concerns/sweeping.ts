import { expect } from '@jest/globals';
import type { Concern } from '../conformance-case.js';
import { contentOf, drop, keysOf, put, putKeys, upTo } from '../support.js';

/** Freeing what has expired. What readers see never depends on it. */
export const sweeping: Concern = {
  name: 'sweeping',
  cases: [
    {
      title: 'a sweep frees what has expired, and says how many',
      run: async (store, harness) => {
        await putKeys(store, ['a', 'b', 'c'], 1000);
        await putKeys(store, ['d'], 1001);
        await putKeys(store, ['e']);
        await harness.advanceTime(1000);
        expect(await store.purgeExpired(100)).toBe(3);
        expect(await store.purgeExpired(100)).toBe(0);
        expect(await keysOf(store)).toEqual(['d', 'e']);
      },
    },
    {
      title: 'a sweep frees no more than its limit, and the next ones the rest',
      run: async (store, harness) => {
        await putKeys(
          store,
          upTo(25).map((i) => `key-${i}`),
          1000,
        );
        await harness.advanceTime(5000);
        const freed: number[] = [];
        for (let i = 0; i < 5; i++) freed.push(await store.purgeExpired(10));
        expect(freed).toEqual([10, 10, 5, 0, 0]);
      },
    },
    {
      title: 'a sweep changes nothing that a reader sees, the revision included',
      run: async (store, harness) => {
        await putKeys(store, ['a', 'b'], 1000);
        await putKeys(store, ['c', 'd'], 9000);
        await harness.advanceTime(1000);
        const before = await contentOf(store);
        expect(await store.purgeExpired(1)).toBe(1);
        expect(await contentOf(store)).toEqual(before);
        expect(await store.purgeExpired(1)).toBe(1);
        expect(await contentOf(store)).toEqual(before);
      },
    },
    {
      title: 'overwritten and deleted keys are not swept at their old deadline',
      run: async (store, harness) => {
        for (let i = 0; i < 5; i++) await put(store, 'overwritten', `${i}`, 1000);
        await put(store, 'overwritten', '5', 2000);
        await put(store, 'deleted', '1', 1000);
        await drop(store, 'deleted');
        await harness.advanceTime(1000);
        expect(await store.purgeExpired(100)).toBe(0);
        await harness.advanceTime(1000);
        expect(await store.purgeExpired(100)).toBe(1);
      },
    },
    {
      title: 'an expired key that was written again is not swept',
      run: async (store, harness) => {
        await put(store, 'a', '1', 1000);
        await harness.advanceTime(1000);
        await put(store, 'a', '2');
        expect(await store.purgeExpired(100)).toBe(0);
        expect(await keysOf(store)).toEqual(['a']);
      },
    },
    {
      title: 'a swept key can be written again',
      run: async (store, harness) => {
        await put(store, 'a', '1', 1000);
        await harness.advanceTime(1000);
        await store.purgeExpired(1);
        await put(store, 'a', '2', 1000);
        expect(await keysOf(store)).toEqual(['a']);
        await harness.advanceTime(1000);
        expect(await store.purgeExpired(1)).toBe(1);
      },
    },
    {
      title: 'commits during a sweep are neither swept nor lost',
      run: async (store, harness) => {
        const keys = upTo(100).map((i) => `key-${i}`);
        await putKeys(store, keys, 1000);
        await harness.advanceTime(1000);
        const [, freed] = await Promise.all([
          Promise.all(keys.slice(0, 50).map((key) => put(store, key, '2'))),
          store.purgeExpired(1000),
        ]);
        expect(freed + (await store.purgeExpired(1000))).toBeGreaterThanOrEqual(50);
        expect(new Set(await keysOf(store))).toEqual(new Set(keys.slice(0, 50)));
      },
    },
  ],
};
