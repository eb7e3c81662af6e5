import { openLogStore } from '@kvasir/engine-wal';
import { openPostgresStore } from '@kvasir/engine-postgres';
import { DataCorruptError, type KvStore } from '@kvasir/kv-core';
import { LogCorruptError } from '@kvasir/wal';
import { CommandError } from '../command-error.js';
import { tell, type Terminal } from '../terminal.js';
import { withProgress } from '../progress.js';
import { requireLog } from '../wal/stopped-log.js';
import { count, describeVerdict } from '../wal/verdict.js';
import type { Place } from './place.js';

/** How long a database may take to be there, in milliseconds. */
const DATABASE_WAIT_MS = 10_000;

/** A store that a command works on. */
export interface CommandStore {
  readonly store: KvStore;
  /** Where it is, for people; without a password. */
  readonly description: string;
}

/** What is done with a store: a source must be there, a target is made if it is not. */
export type Role = 'source' | 'target';

/**
 * Opens a store for the time of some work.
 *
 * @param schema of a database
 * @throws CommandError, KvError or Node's errors when it cannot be opened
 */
export async function withStore<Result>(
  terminal: Terminal,
  place: Exclude<Place, { kind: 'service' }>,
  role: Role,
  schema: string,
  work: (opened: CommandStore) => Promise<Result>,
): Promise<Result> {
  const opened =
    place.kind === 'wal'
      ? await openLog(terminal, place.directory, role)
      : await openDatabase(terminal, place.url, role, schema);
  try {
    return await work(opened);
  } finally {
    await opened.store.close();
  }
}

async function openLog(terminal: Terminal, directory: string, role: Role): Promise<CommandStore> {
  if (role === 'source') await requireLog(directory);
  try {
    const { store, report } = await withProgress(terminal, 'Reading', (onProgress) =>
      // A log that fails fails the write that waits for it, too.
      openLogStore({ directory, onProgress, onFailure: () => undefined }),
    );
    const { tornTail, path } = report;
    if (tornTail !== undefined) {
      tell(terminal, `${path}: a torn tail of ${count(tornTail.cutBytes, 'byte')} was moved to ${tornTail.savedTo}.`);
    }
    return { store, description: directory };
  } catch (error) {
    const damage = error instanceof DataCorruptError ? error.cause : undefined;
    if (!(damage instanceof LogCorruptError)) throw error;
    throw new CommandError(`${directory}: ${describeVerdict({ kind: 'corrupt', damage }).join('\n')}`);
  }
}

async function openDatabase(terminal: Terminal, url: string, role: Role, schema: string): Promise<CommandStore> {
  const signal = AbortSignal.timeout(DATABASE_WAIT_MS);
  const description = describeDatabase(url, schema);
  try {
    const store = await openPostgresStore({
      url,
      schema,
      poolSize: 2,
      migrate: role === 'target',
      log: (level, message) => (level === 'info' ? undefined : tell(terminal, `kvasir: ${message}`)),
      signal,
    });
    return { store, description };
  } catch (error) {
    if (error !== signal.reason && !signal.aborted) throw error;
    throw new CommandError(`${description} was not ready within ${DATABASE_WAIT_MS / 1000} s`);
  }
}

/** Host, port, database and schema, without user and password. */
function describeDatabase(url: string, schema: string): string {
  if (!URL.canParse(url)) return 'the database';
  const { host, pathname } = new URL(url);
  return `PostgreSQL at ${host === '' ? 'localhost' : host}${pathname}, schema ${schema}`;
}
