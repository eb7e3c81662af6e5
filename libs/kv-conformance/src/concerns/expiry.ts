import { expect } from '@jest/globals';
import { MAX_TTL_MS, NEVER, type KvStore } from '@kvasir/kv-core';
import type { Concern } from '../conformance-case.js';
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
  read,
  remove,
  set,
  valueOf,
} from '../support.js';

const NOT_FOUND = { status: 'failed', reason: 'KEY_NOT_FOUND' };

/** Expects that no reader sees a key, whichever way it asks. */
async function expectUnseen(store: KvStore, key: string): Promise<void> {
  expect(await store.get(key)).toBeUndefined();
  expect(await keysOf(store)).not.toContain(key);
  expect(await keysOf(store, { prefix: key })).toEqual([]);
  expect(await keysOf(store, { reverse: true })).not.toContain(key);
  expect((await commitEach(store, read(key))).results).toEqual([NOT_FOUND]);
}

/** Times to live. */
export const expiry: Concern = {
  name: 'expiry',
  cases: [
    {
      title: 'a key lives until its deadline and is gone exactly at it',
      run: async (store, harness) => {
        await put(store, 'a', '1', 1000);
        expect(await entryOf(store, 'a')).toMatchObject({ expiresAt: harness.now() + 1000 });
        await harness.advanceTime(999);
        expect(await valueOf(store, 'a')).toBe('1');
        expect(await keysOf(store)).toEqual(['a']);
        await harness.advanceTime(1);
        await expectUnseen(store, 'a');
      },
    },
    {
      title: 'a TTL of one millisecond is one millisecond',
      run: async (store, harness) => {
        await put(store, 'a', '1', 1);
        expect(await valueOf(store, 'a')).toBe('1');
        await harness.advanceTime(1);
        await expectUnseen(store, 'a');
      },
    },
    ...[0, -1, -MAX_TTL_MS].map((ttlMs) => ({
      title: `a TTL of ${ttlMs} removes a key that was there, and leaves one that was not absent`,
      run: async (store: KvStore) => {
        const before = await put(store, 'a', '1');
        const overwrite = await commitEach(store, set('a', '2', { ttlMs }));
        expect(overwrite.results).toEqual([{ status: 'set', revision: before + 1, created: false }]);
        await expectUnseen(store, 'a');
        const creation = await commitEach(store, set('b', '2', { ttlMs }));
        expect(creation.results).toEqual([{ status: 'set', revision: before + 1, created: true }]);
        await expectUnseen(store, 'b');
        expect(await store.stats()).toMatchObject({ keys: 0, sizeBytes: 0, revision: before + 1 });
      },
    })),
    {
      title: 'a later operation of a transaction does not see a key with a TTL of 0',
      run: async (store) => {
        await put(store, 'a', '1');
        const { results } = await commitEach(
          store,
          set('a', '2', { ttlMs: 0 }),
          read('a'),
          set('a', '3', { onlyIf: 'absent' }),
        );
        expect(results.map((result) => result.status)).toEqual(['set', 'failed', 'set']);
        expect(await valueOf(store, 'a')).toBe('3');
      },
    },
    {
      title: 'an overwrite without a TTL removes the old one',
      run: async (store, harness) => {
        await put(store, 'a', '1', 1000);
        await put(store, 'a', '2');
        expect(await entryOf(store, 'a')).toMatchObject({ expiresAt: NEVER });
        await harness.advanceTime(1_000_000);
        expect(await valueOf(store, 'a')).toBe('2');
        expect(await store.purgeExpired(10)).toBe(0);
        expect(await valueOf(store, 'a')).toBe('2');
      },
    },
    {
      title: 'an overwrite with a TTL replaces the old one, longer or shorter',
      run: async (store, harness) => {
        await put(store, 'longer', '1', 1000);
        await put(store, 'shorter', '1', 5000);
        await put(store, 'longer', '2', 5000);
        await put(store, 'shorter', '2', 1000);
        await harness.advanceTime(1000);
        expect(await store.purgeExpired(10)).toBe(1);
        expect(await keysOf(store)).toEqual(['longer']);
        await harness.advanceTime(4000);
        await expectUnseen(store, 'longer');
      },
    },
    {
      title: 'a write to an expired key is a creation with a new created time',
      run: async (store, harness) => {
        await put(store, 'a', '1', 1000);
        await harness.advanceTime(1000);
        const { results, revision } = await commitEach(store, set('a', '2'));
        expect(results).toEqual([{ status: 'set', revision, created: true }]);
        expect(await entryOf(store, 'a')).toMatchObject({ value: '2', createdAt: harness.now(), expiresAt: NEVER });
      },
    },
    {
      title: 'an expired key is missing to every operation and condition',
      run: async (store, harness) => {
        await putKeys(store, ['delete', 'increment', 'present', 'absent'], 1000);
        await harness.advanceTime(1000);
        const { results } = await commitEach(
          store,
          remove('delete'),
          increment('increment', 1),
          set('present', '2', { onlyIf: 'present' }),
          set('absent', '2', { onlyIf: 'absent' }),
        );
        expect(results.slice(0, 3)).toEqual([NOT_FOUND, NOT_FOUND, NOT_FOUND]);
        expect(results[3]).toMatchObject({ status: 'set', created: true });
        expect(await keysOf(store)).toEqual(['absent']);
      },
    },
    {
      title: 'a delete of an expired key with allowMissing finds nothing',
      run: async (store, harness) => {
        const revision = await put(store, 'a', '1', 1000);
        await harness.advanceTime(1000);
        const result = await store.commit({
          atomic: true,
          operations: [{ type: 'delete', key: 'a', allowMissing: true }],
        });
        expect(result).toMatchObject({ committed: true, revision, results: [{ status: 'missing' }] });
      },
    },
    {
      title: 'an expired key is missing to checks',
      run: async (store, harness) => {
        const revision = await put(store, 'a', '1', 1000);
        await harness.advanceTime(1000);
        const checks = [
          { key: 'a', exists: true },
          { key: 'a', exists: false },
          { key: 'a', revision },
          { key: 'a', revision: 0 },
        ];
        expect(await store.commit({ atomic: true, checks, operations: [] })).toMatchObject({
          committed: false,
          failedChecks: [0, 2],
        });
      },
    },
    {
      title: 'an increment keeps the deadline',
      run: async (store, harness) => {
        await put(store, 'a', '1', 1000);
        const deadline = harness.now() + 1000;
        await harness.advanceTime(600);
        await commitEach(store, increment('a', 1));
        expect(await entryOf(store, 'a')).toMatchObject({ value: '2', expiresAt: deadline, updatedAt: harness.now() });
        await harness.advanceTime(400);
        await expectUnseen(store, 'a');
      },
    },
    {
      title: 'a TTL of 100 years runs 100 years',
      run: async (store, harness) => {
        await put(store, 'a', '1', MAX_TTL_MS);
        await put(store, 'b', '1', MAX_TTL_MS - 1);
        const deadline = harness.now() + MAX_TTL_MS;
        expect((await entryOf(store, 'a')).expiresAt).toBe(deadline);
        expect(await store.purgeExpired(10)).toBe(0);
        await harness.advanceTime(MAX_TTL_MS - 1);
        expect(await keysOf(store)).toEqual(['a']);
        await harness.advanceTime(1);
        await expectUnseen(store, 'a');
        expect(await store.purgeExpired(10)).toBe(2);
      },
    },
    {
      title: 'deadlines are counted from each write, however many share a moment',
      run: async (store, harness) => {
        for (let i = 0; i < 20; i++) {
          await put(store, `early-${i}`, '1', 1000);
          await put(store, `late-${i}`, '1', 1001);
        }
        await harness.advanceTime(1000);
        const late = await keysOf(store);
        expect(late).toHaveLength(20);
        expect(late.every((key) => key.startsWith('late-'))).toBe(true);
        await harness.advanceTime(1);
        expect(await keysOf(store)).toEqual([]);
      },
    },
    {
      title: 'a key that was deleted and written again does not die at its first deadline',
      run: async (store, harness) => {
        await put(store, 'a', '1', 1000);
        await drop(store, 'a');
        await put(store, 'a', '2', 3000);
        await harness.advanceTime(1000);
        expect(await store.purgeExpired(10)).toBe(0);
        expect(await valueOf(store, 'a')).toBe('2');
      },
    },
    {
      title: 'a refused overwrite leaves the deadline as it was',
      run: async (store, harness) => {
        await put(store, 'a', '1', 1000);
        const before = await contentOf(store);
        const result = await commitAtomically(store, set('a', '2'), remove('missing'));
        expect(result.committed).toBe(false);
        await commitEach(store, set('a', '2', { onlyIf: 'absent' }));
        expect(await contentOf(store)).toEqual(before);
        await harness.advanceTime(1000);
        await expectUnseen(store, 'a');
      },
    },
  ],
};
