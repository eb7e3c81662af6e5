import { NEVER, trustJsonText, type Entry } from '@kvasir/kv-core';

/** key, value, revision, created, updated, expiry (null: never) */
export type EntryRow = [string, string, number, number, number, number | null];

/** The state's revision and time, then an entry's columns, which are all null when none of the keys is there. */
export type SnapshotRow = [number, number, ...(EntryRow | [null, null, null, null, null, null])];

/** revision, time */
export type StateRow = [number, number];

/** revision, time, how many keys a reader sees */
export type MomentRow = [number, number, number];

/** how many entries, the bytes of their values */
export type CountRow = [number, number];

/** An entry's columns, the value null where it was not asked for, then the bytes of the value. */
export type HeldRow = [string, string | null, number, number, number, number | null, number];

/** revision, whether the key was not there */
export type PutRow = [number, boolean];

export function entryOf([key, value, revision, createdAt, updatedAt, expiresAt]: EntryRow): Entry {
  return { key, value: trustJsonText(value), revision, createdAt, updatedAt, expiresAt: expiresAt ?? NEVER };
}
