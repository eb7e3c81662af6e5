import {
  DataCorruptError,
  NonDecreasingClock,
  systemClock,
  type Clock,
  type KvStore,
  type WriteFailedError,
} from '@kvasir/kv-core';
import {
  LogCorruptError,
  openLog,
  type LogFileSystem,
  type LogReport,
  type OpenedLog,
  type OpenLogOptions,
} from '@kvasir/wal';

import { CommitLoop } from './commit-loop.js';
import { DirectoryLock } from './directory-lock.js';
import type { FsyncPolicy } from './fsync-policy.js';
import { LogGroupWriter } from './log-group-writer.js';
import { TableLoader } from './table-loader.js';
import { TableStore } from './table-store.js';
import { OrderedTable } from './table/ordered-table.js';

const ENTRIES_PER_STEP = 10_000;

export interface LogStoreOptions {
  /** The data directory; created when it is not there, and locked until the store is closed. */
  readonly directory: string;
  /** Default: `always`. */
  readonly fsync?: FsyncPolicy;
  /** Default: the wall clock. */
  readonly clock?: Clock;
  /** Past this estimate of what the entries take, writes that grow the store are refused with STORE_FULL. Bytes; default: no bound. */
  readonly maxMemoryBytes?: number;
  /** Called while the log is replayed, with the bytes done and the bytes there are. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Called once, when the log can take nothing more (a failed sync): the process should end, as only a new start finds out what is on disk. */
  readonly onFailure: (error: WriteFailedError) => void;
  /** Default: the real one. */
  readonly fileSystem?: LogFileSystem;
}

export interface OpenedLogStore {
  readonly store: KvStore;
  /** What the log held and how it ended. */
  readonly report: LogReport;
}

/**
 * Opens the default engine: replays `wal.log` of the data directory into memory, then takes writes.
 *
 * @throws DataDirLockedError when another process, or another store of this one, has the directory
 * @throws DataCorruptError when the log is damaged by more than a torn tail; not a byte was changed
 * @throws Node's errors when the directory or the log cannot be read or written
 */
export async function openLogStore(options: LogStoreOptions): Promise<OpenedLogStore> {
  const lock = await DirectoryLock.acquire(options.directory);
  try {
    return await openLocked(options, lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function openLocked(options: LogStoreOptions, lock: DirectoryLock): Promise<OpenedLogStore> {
  const wallClock = options.clock ?? systemClock;
  const table = new OrderedTable();
  table.startLoading();
  const { report, writer } = await open({
    directory: options.directory,
    visitor: new TableLoader(table),
    onProgress: options.onProgress,
    now: () => wallClock.now(),
    fileSystem: options.fileSystem,
  });
  table.finishLoading();
  const clock = new NonDecreasingClock(wallClock, report.lastTimestamp);
  await dropExpired(table, clock.now());
  const log = new LogGroupWriter(writer, { fsync: options.fsync ?? 'always', clock, onFailure: options.onFailure });
  const committer = new CommitLoop(table, log, clock, {
    revision: report.lastSeq,
    maxMemoryBytes: options.maxMemoryBytes ?? Infinity,
  });
  const capabilities = { durable: true, shared: false };
  return { store: new TableStore(table, clock, committer, capabilities, () => lock.release()), report };
}

/** What expired before the replay ended was put in for the sake of later lines; from here on nobody needs it. */
async function dropExpired(table: OrderedTable, now: number): Promise<void> {
  while (table.purgeExpired(now, ENTRIES_PER_STEP) === ENTRIES_PER_STEP) {
    // oxlint-disable-next-line no-await-in-loop -- step by step, so that signals and progress are served in between
    await new Promise(setImmediate);
  }
}

async function open(options: OpenLogOptions): Promise<OpenedLog> {
  try {
    return await openLog(options);
  } catch (error) {
    throw error instanceof LogCorruptError ? new DataCorruptError(error.message, { cause: error }) : error;
  }
}
