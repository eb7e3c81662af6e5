import { expect } from '@jest/globals';
import type { KvStore } from '@kvasir/kv-core';
import type { Concern } from '../conformance-case.js';
import {
  commitAtomically,
  commitEach,
  contentOf,
  entryOf,
  increment,
  keysOf,
  put,
  read,
  remove,
  set,
  valueOf,
} from '../support.js';

const NOT_FOUND = { status: 'failed', reason: 'KEY_NOT_FOUND' };
const EXISTS = { status: 'failed', reason: 'KEY_EXISTS' };
const NOT_AN_INTEGER = { status: 'failed', reason: 'NOT_AN_INTEGER' };

/** Several operations as one unit. */
export const transactions: Concern = {
  name: 'transactions',
  cases: [
    ...[true, false].map((atomic) => ({
      title: `the results of ${atomic ? 'an atomic transaction' : 'operations that stand for themselves'} are those of its operations, in order`,
      run: async (store: KvStore) => {
        await put(store, 'n', '5');
        const { revision: before } = await store.stats();
        const result = await store.commit({
          atomic,
          operations: [
            set('a', '1'),
            read('a'),
            set('a', '2', { onlyIf: 'present' }),
            increment('n', 3),
            remove('a'),
            { type: 'get', key: 'a', allowMissing: true },
            { type: 'delete', key: 'a', allowMissing: true },
            set('a', '3', { onlyIf: 'absent' }),
          ],
        });
        expect(result).toMatchObject({
          committed: true,
          revision: before + 5,
          failedChecks: [],
          results: [
            { status: 'set', revision: before + 1, created: true },
            { status: 'got', entry: { key: 'a', value: '1', revision: before + 1 } },
            { status: 'set', revision: before + 2, created: false },
            { status: 'incremented', value: 8n, revision: before + 3 },
            { status: 'deleted', revision: before + 4 },
            { status: 'missing' },
            { status: 'missing' },
            { status: 'set', revision: before + 5, created: true },
          ],
        });
        expect(await keysOf(store)).toEqual(['a', 'n']);
        expect(await valueOf(store, 'a')).toBe('3');
      },
    })),
    {
      title: 'an atomic transaction with a failure changes nothing and names every failure',
      run: async (store) => {
        await put(store, 'a', '"text"');
        const before = await contentOf(store);
        const { revision } = await store.stats();
        const result = await commitAtomically(
          store,
          set('b', '1'),
          remove('missing'),
          increment('a', 1),
          set('b', '2', { onlyIf: 'absent' }),
          set('c', '2', { onlyIf: 'present' }),
          read('missing'),
          remove('a'),
        );
        expect(result).toMatchObject({ committed: false, revision, failedChecks: [] });
        expect(result.results).toEqual([
          expect.objectContaining({ status: 'set', created: true }),
          NOT_FOUND,
          NOT_AN_INTEGER,
          EXISTS,
          NOT_FOUND,
          NOT_FOUND,
          expect.objectContaining({ status: 'deleted' }),
        ]);
        expect(await contentOf(store)).toEqual(before);
      },
    },
    {
      title: 'an atomic transaction whose last operation fails changes nothing',
      run: async (store) => {
        await put(store, 'a', '1', 1000);
        await put(store, 'b', '1');
        const before = await contentOf(store);
        const result = await commitAtomically(store, set('a', '2'), remove('b'), set('c', '1'), read('missing'));
        expect(result.committed).toBe(false);
        expect(await contentOf(store)).toEqual(before);
      },
    },
    {
      title: 'of operations that stand for themselves a failed one leaves nothing and stops nobody',
      run: async (store) => {
        await put(store, 'a', '"text"');
        const { revision } = await store.stats();
        const result = await commitEach(
          store,
          increment('a', 1),
          set('b', '1'),
          remove('missing'),
          set('b', '2', { onlyIf: 'absent' }),
          increment('b', 1),
        );
        expect(result).toMatchObject({
          committed: true,
          revision: revision + 2,
          results: [
            NOT_AN_INTEGER,
            { status: 'set', revision: revision + 1, created: true },
            NOT_FOUND,
            EXISTS,
            { status: 'incremented', value: 2n, revision: revision + 2 },
          ],
        });
        expect(await valueOf(store, 'a')).toBe('"text"');
        expect(await valueOf(store, 'b')).toBe('2');
      },
    },
    {
      title: 'operations that stand for themselves commit even when all of them fail',
      run: async (store) => {
        const result = await commitEach(store, read('a'), remove('a'));
        expect(result).toMatchObject({
          committed: true,
          revision: 0,
          failedChecks: [],
          results: [NOT_FOUND, NOT_FOUND],
        });
      },
    },
    {
      title: 'delete and set in one transaction make a new entry',
      run: async (store, harness) => {
        await put(store, 'a', '1', 5000);
        await harness.advanceTime(1000);
        const { results, revision } = await commitAtomically(store, remove('a'), set('a', '2'));
        expect(results[1]).toEqual({ status: 'set', revision, created: true });
        expect(await entryOf(store, 'a')).toMatchObject({ value: '2', revision, createdAt: harness.now() });
      },
    },
    {
      title: 'set and delete in one transaction leave nothing but two revisions',
      run: async (store) => {
        const { revision } = await commitAtomically(store, set('a', '1'), remove('a'));
        expect(await contentOf(store)).toEqual({ entries: [], stats: { keys: 0, sizeBytes: 0, revision } });
        expect(revision).toBe(2);
      },
    },
    {
      title: 'the last of several writes to one key stays, with the created time of the first',
      run: async (store, harness) => {
        await put(store, 'a', '1');
        const createdAt = harness.now();
        await harness.advanceTime(50);
        const { revision } = await commitAtomically(
          store,
          set('a', '2', { ttlMs: 1000 }),
          set('a', '"333"'),
          increment('a', 1),
        );
        expect(await entryOf(store, 'a')).toMatchObject({
          value: '"334"',
          revision,
          createdAt,
          updatedAt: harness.now(),
        });
        expect(await store.stats()).toMatchObject({ keys: 1, sizeBytes: 5 });
      },
    },
    {
      title: 'an increment sees a set before it in the transaction',
      run: async (store) => {
        const { results } = await commitAtomically(
          store,
          set('n', '1'),
          increment('n', 2),
          increment('n', -5),
          read('n'),
        );
        expect(results[3]).toMatchObject({ status: 'got', entry: { value: '-2' } });
        expect(await valueOf(store, 'n')).toBe('-2');
      },
    },
    {
      title: 'onlyIf absent writes once, onlyIf present never creates',
      run: async (store) => {
        const first = await commitEach(
          store,
          set('a', '1', { onlyIf: 'absent' }),
          set('b', '1', { onlyIf: 'present' }),
        );
        expect(first.results).toMatchObject([{ status: 'set', created: true }, NOT_FOUND]);
        const second = await commitEach(
          store,
          set('a', '2', { onlyIf: 'absent' }),
          set('a', '3', { onlyIf: 'present' }),
        );
        expect(second.results).toMatchObject([EXISTS, { status: 'set', created: false }]);
        expect(await valueOf(store, 'a')).toBe('3');
        expect(await keysOf(store)).toEqual(['a']);
      },
    },
    ...[true, false].map((atomic) => ({
      title: `a failed check stops ${atomic ? 'an atomic transaction' : 'operations that stand for themselves'} before the first operation`,
      run: async (store: KvStore) => {
        const revision = await put(store, 'a', '1');
        const before = await contentOf(store);
        const result = await store.commit({
          atomic,
          checks: [
            { key: 'a', exists: true },
            { key: 'a', exists: false },
            { key: 'b', exists: true },
            { key: 'b', exists: false },
            { key: 'a', revision },
            { key: 'a', revision: revision + 1 },
            { key: 'a', revision: 0 },
            { key: 'b', revision: 0 },
            { key: 'b', revision },
          ],
          operations: [set('b', '1'), remove('a')],
        });
        expect(result).toMatchObject({ committed: false, revision, failedChecks: [1, 2, 5, 6, 8], results: [] });
        expect(await contentOf(store)).toEqual(before);
      },
    })),
    {
      title: 'checks that hold let the operations through, and are not checked again after them',
      run: async (store) => {
        const revision = await put(store, 'a', '1');
        const result = await store.commit({
          atomic: true,
          checks: [
            { key: 'a', revision },
            { key: 'b', exists: false },
          ],
          operations: [set('a', '2'), set('b', '2'), set('a', '3')],
        });
        expect(result).toMatchObject({ committed: true, failedChecks: [], revision: revision + 3 });
        const again = await store.commit({
          atomic: true,
          checks: [{ key: 'a', revision }],
          operations: [set('a', '4')],
        });
        expect(again).toMatchObject({ committed: false, failedChecks: [0] });
        expect(await valueOf(store, 'a')).toBe('3');
      },
    },
    {
      title: 'a revision check tells a key that was deleted and written again from what it was',
      run: async (store) => {
        const first = await put(store, 'a', '1');
        await commitEach(store, remove('a'));
        const second = await put(store, 'a', '1');
        const checks = [
          { key: 'a', revision: first },
          { key: 'a', revision: second },
        ];
        expect((await store.commit({ atomic: true, checks, operations: [] })).failedChecks).toEqual([0]);
      },
    },
    {
      title: 'a transaction of nothing commits and changes nothing',
      run: async (store) => {
        const revision = await put(store, 'a', '1');
        const before = await contentOf(store);
        for (const atomic of [true, false]) {
          const result = await store.commit({ atomic, operations: [] });
          expect(result).toMatchObject({ committed: true, revision, failedChecks: [], results: [] });
          const checked = await store.commit({ atomic, checks: [{ key: 'a', revision }], operations: [] });
          expect(checked).toMatchObject({ committed: true, revision, failedChecks: [], results: [] });
        }
        expect(await contentOf(store)).toEqual(before);
      },
    },
    {
      title: 'a thousand operations are one transaction',
      run: async (store) => {
        const keys = Array.from({ length: 500 }, (_, i) => `key-${i % 50}`);
        const operations = keys.flatMap((key) => [set(key, '1', { onlyIf: 'absent' }), increment(key, 1)]);
        const result = await commitEach(store, ...operations);
        expect(result).toMatchObject({ committed: true, revision: 550 });
        expect(await store.stats()).toMatchObject({ keys: 50, sizeBytes: 100, revision: 550 });
        expect(await valueOf(store, 'key-49')).toBe('11');
      },
    },
    {
      title: 'reads of one transaction see one moment',
      run: async (store) => {
        await put(store, 'a', '1');
        const { results, revision } = await commitAtomically(store, read('a'), read('a'));
        expect(results).toMatchObject([
          { status: 'got', entry: { value: '1' } },
          { status: 'got', entry: { value: '1' } },
        ]);
        expect(revision).toBe((await store.stats()).revision);
      },
    },
  ],
};
