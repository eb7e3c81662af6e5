import { DataCorruptError, type Entry } from '@kvasir/kv-core';
import type { ClientBase } from 'pg';
import { entryOf, type EntryRow, type SnapshotRow } from './rows.js';
import type { Statements } from './statements.js';

/** What some keys held at one moment. */
export interface Snapshot {
  /** By key; expired ones may be among them. */
  readonly entries: ReadonlyMap<string, Entry>;
  /** The time of the moment by the database's clock, Unix milliseconds. */
  readonly now: number;
  /** The store's revision at the moment. */
  readonly revision: number;
}

/** The living entries of some keys. */
export async function readLiving(
  statements: Statements,
  client: ClientBase,
  keys: readonly string[],
): Promise<ReadonlyMap<string, Entry>> {
  const { rows } =
    keys.length === 1
      ? await client.query<EntryRow>(statements.livingOfOne, [keys[0]])
      : await client.query<EntryRow>(statements.living, [keys]);
  return new Map(rows.map((row) => [row[0], entryOf(row)]));
}

/** The entries of some keys, with the moment at which they were read. */
export async function readSnapshot(
  statements: Statements,
  client: ClientBase,
  keys: readonly string[],
): Promise<Snapshot> {
  const { rows } = await client.query<SnapshotRow>(statements.snapshot, [keys]);
  const [first] = rows;
  if (first === undefined) throw new DataCorruptError('the table "state" has lost its row');
  const entries = new Map<string, Entry>();
  for (const [, , ...columns] of rows) {
    if (columns[0] !== null) entries.set(columns[0], entryOf(columns));
  }
  return { entries, now: first[1], revision: first[0] };
}
