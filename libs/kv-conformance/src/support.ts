import { expect } from '@jest/globals';
import {
  MAX_PAGE_LIMIT,
  trustJsonText,
  type DeleteOperation,
  type Entry,
  type ErrorCode,
  type GetOperation,
  type IncrementOperation,
  type KvStore,
  type ListQuery,
  type Operation,
  type SetOperation,
  type TransactionResult,
} from '@kvasir/kv-core';

/** The largest page of all keys: everything, in the small stores of these tests. */
export const EVERYTHING: ListQuery = { limit: MAX_PAGE_LIMIT };

/** Writes a key. `value` is JSON text. */
export function set(key: string, value: string, options: Pick<SetOperation, 'ttlMs' | 'onlyIf'> = {}): SetOperation {
  return { type: 'set', key, value: trustJsonText(value), ...options };
}

/** Removes a key; a missing one is a failure. */
export function remove(key: string): DeleteOperation {
  return { type: 'delete', key };
}

/** Reads a key; a missing one is a failure. */
export function read(key: string): GetOperation {
  return { type: 'get', key };
}

/** Adds to a key. */
export function increment(key: string, by: bigint | number): IncrementOperation {
  return { type: 'increment', key, by: BigInt(by) };
}

/** Commits operations of which a failure undoes all. */
export async function commitAtomically(store: KvStore, ...operations: Operation[]): Promise<TransactionResult> {
  return await store.commit({ atomic: true, operations });
}

/** Commits operations of which each stands for itself. */
export async function commitEach(store: KvStore, ...operations: Operation[]): Promise<TransactionResult> {
  return await store.commit({ atomic: false, operations });
}

/** Writes one key, which must succeed; `value` is JSON text. Resolves to the store's revision after it. */
export async function put(store: KvStore, key: string, value: string, ttlMs?: number): Promise<number> {
  const { committed, revision, results } = await commitEach(
    store,
    set(key, value, ttlMs === undefined ? {} : { ttlMs }),
  );
  expect({ committed, statuses: results.map((result) => result.status) }).toEqual({
    committed: true,
    statuses: ['set'],
  });
  return revision;
}

/** Writes several keys in one atomic transaction, each with the value `1`. */
export async function putKeys(store: KvStore, keys: readonly string[], ttlMs?: number): Promise<void> {
  const options = ttlMs === undefined ? {} : { ttlMs };
  const { committed } = await commitAtomically(store, ...keys.map((key) => set(key, '1', options)));
  expect(committed).toBe(true);
}

/** Removes one key, which must be there. Resolves to the store's revision after it. */
export async function drop(store: KvStore, key: string): Promise<number> {
  const { revision, results } = await commitEach(store, remove(key));
  expect(results).toEqual([{ status: 'deleted', revision }]);
  return revision;
}

/** The JSON text under a key, nothing when the key is not there. */
export async function valueOf(store: KvStore, key: string): Promise<string | undefined> {
  return (await store.get(key))?.value;
}

/** The entry of a key that must be there. */
export async function entryOf(store: KvStore, key: string): Promise<Entry> {
  const entry = await store.get(key);
  if (entry === undefined) throw new Error(`the key ${JSON.stringify(key)} is not there`);
  return entry;
}

/** Everything that a store holds for a reader, with its figures: equal before and after means that nothing changed. */
export async function contentOf(store: KvStore): Promise<unknown> {
  const { items, more } = await store.list(EVERYTHING);
  expect(more).toBe(false);
  return { entries: items.map(plainEntry), stats: plainStats(await store.stats()) };
}

/** An entry's own fields, whatever an engine made it of. */
export function plainEntry({ key, value, revision, createdAt, updatedAt, expiresAt }: Entry): Entry {
  return { key, value, revision, createdAt, updatedAt, expiresAt };
}

/** The figures that the port promises, without those that an engine adds. */
export function plainStats({
  keys,
  sizeBytes,
  revision,
}: {
  keys: number;
  sizeBytes: number;
  revision: number;
}): unknown {
  return { keys, sizeBytes, revision };
}

/** The keys of a page, which `list` and `listKeys` must agree on, `more` included. */
export async function page(store: KvStore, query: ListQuery): Promise<{ keys: string[]; more: boolean }> {
  const keys = await store.listKeys(query);
  const entries = await store.list(query);
  const fromKeys = { keys: [...keys.items], more: keys.more };
  expect({ keys: entries.items.map((entry) => entry.key), more: entries.more }).toEqual(fromKeys);
  return fromKeys;
}

type WithoutLimit<Query> = Query extends unknown ? Omit<Query, 'limit'> : never;

/** All keys of a query, in the order of the listing. */
export async function keysOf(store: KvStore, query: WithoutLimit<ListQuery> = {}): Promise<string[]> {
  const { keys, more } = await page(store, { ...query, limit: MAX_PAGE_LIMIT });
  expect(more).toBe(false);
  return keys;
}

/** Expects a call to be refused with an error of the catalogue. */
export async function expectRefusal(call: Promise<unknown>, code: ErrorCode): Promise<void> {
  await expect(call).rejects.toMatchObject({ code });
}

/** Whole numbers from 0. */
export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** A snapshot, read to its end. */
export async function readSnapshot(
  store: KvStore,
): Promise<{ entries: Entry[]; revision: number; time: number; keys: number }> {
  const snapshot = await store.snapshot();
  const entries: Entry[] = [];
  for await (const batch of snapshot) entries.push(...batch.map(plainEntry));
  const { revision, time, keys } = snapshot;
  return { entries, revision, time, keys };
}
