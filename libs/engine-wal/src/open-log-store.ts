import { dirname } from 'node:path';
import {
  DataCorruptError,
  NonDecreasingClock,
  StoreFullError,
  systemClock,
  type Clock,
  type KvStore,
  type WriteFailedError,
} from '@kvasir/kv-core';
import {
  LogCorruptError,
  nodeFileSystem,
  openLog,
  type LogFileSystem,
  type LogReport,
  type OpenedLog,
  type OpenLogOptions,
  type Preallocation,
} from '@kvasir/wal';

import { CommitLoop } from './commit-loop.js';
import { Compactor, type CompactionPolicy } from './compaction/compactor.js';
import type { CompactionEvent, LogMaintenance } from './compaction/log-status.js';
import { DirectoryLock } from './directory-lock.js';
import { markExpiry } from './expiry-mark.js';
import type { FsyncPolicy } from './fsync-policy.js';
import { LogReplacement } from './load/log-replacement.js';
import { LogGroupWriter, type LogObserver } from './log-group-writer.js';
import { MemoryBudget } from './memory-budget.js';
import { TableLoader } from './table-loader.js';
import { TableStore, type MemoryUse } from './table-store.js';
import { OrderedTable } from './table/ordered-table.js';

const ENTRIES_PER_STEP = 10_000;

/**
 * How far above its limit a store may be in the midst of a replay: a transaction's lines come one by one there, and what expired is still held.
 */
const REPLAY_TOLERANCE = 1.1;

/** Of a store whose log is only compacted on demand. */
const NEVER_COMPACT: CompactionPolicy = { minBytes: Infinity, ratio: Infinity };

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
  /** Called when nothing more can be acknowledged (a failed sync, or memory that does not take what the log holds): the process should end, as only a new start finds out what is on disk. */
  readonly onFailure: (error: WriteFailedError) => void;
  /** When the log is compacted by itself. Default: never. */
  readonly compaction?: CompactionPolicy;
  /** Told what becomes of compactions. */
  readonly onCompaction?: (event: CompactionEvent) => void;
  /** Told of groups and syncs. */
  readonly observer?: LogObserver;
  /** Milliseconds from any moment, never stepping back, for the pause after a compaction that failed. Default: `performance.now`. */
  readonly elapsed?: () => number;
  /** Default: the real one. The lock on the directory is a real one in any case. */
  readonly fileSystem?: LogFileSystem;
  /** How the log takes space ahead. Default: that of {@link openLog}. */
  readonly preallocation?: Preallocation;
}

export interface OpenedLogStore {
  readonly store: KvStore & MemoryUse;
  /** What the log held and how it ended. */
  readonly report: LogReport;
  readonly maintenance: LogMaintenance;
}

/**
 * Opens the default engine: replays `wal.log` of the data directory into memory, then takes writes.
 *
 * @throws DataDirLockedError when another process, or another store of this one, has the directory
 * @throws DataCorruptError when the log is damaged by more than a torn tail; not a byte was changed
 * @throws StoreFullError when the log holds more than `maxMemoryBytes` allows
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
  const { directory, maxMemoryBytes = Infinity, fileSystem = nodeFileSystem } = options;
  const wallClock = options.clock ?? systemClock;
  const table = new OrderedTable();
  const { report, writer } = await replay(options, table, maxMemoryBytes, () => wallClock.now());
  const clock = new NonDecreasingClock(wallClock, report.lastTimestamp);
  await dropExpired(table, clock.now());
  if (table.entryBytes > maxMemoryBytes) {
    await writer.close();
    throw tooLarge(dirname(report.path), table.entryBytes, maxMemoryBytes);
  }
  const memory = new MemoryBudget(table, maxMemoryBytes);
  const log = new LogGroupWriter(writer, {
    fsync: options.fsync ?? 'always',
    clock,
    loggedTime: report.lastTimestamp,
    onFailure: options.onFailure,
    observer: options.observer,
  });
  const loop = new CommitLoop(table, log, clock, {
    revision: report.lastSeq,
    memory,
    onFailure: options.onFailure,
    afterGroup: (error) => (error === undefined ? compactor.consider() : compactor.afterFailedWrite(error)),
  });
  const compactor = new Compactor({
    table,
    loop,
    log,
    clock,
    fileSystem,
    path: report.path,
    directory,
    policy: options.compaction ?? NEVER_COMPACT,
    onEvent: options.onCompaction,
    elapsed: options.elapsed,
  });
  const store = new TableStore({
    table,
    clock,
    committer: loop,
    capabilities: { durable: true, shared: false },
    memory,
    beginReplacement: () => LogReplacement.begin({ loop, log, compactor, fileSystem, path: report.path, directory }),
    hooks: {
      afterSweep: async () => {
        // A log that can't take it now is tried again by the next sweep; one that can take nothing more has said so.
        await markExpiry(loop, log, table.sweptThrough).catch(() => undefined);
        compactor.consider();
      },
      beforeClose: () => compactor.stop(),
      afterClose: () => lock.release(),
    },
  });
  return { store, report, maintenance: compactor };
}

/** Reads the log into the table. */
async function replay(
  options: LogStoreOptions,
  table: OrderedTable,
  maxMemoryBytes: number,
  now: () => number,
): Promise<OpenedLog> {
  const { directory, onProgress, fileSystem, preallocation } = options;
  const loader = new TableLoader(table);
  table.startLoading();
  const opened = await open({
    directory,
    visitor: loader,
    onProgress(done, total) {
      if (table.entryBytes > REPLAY_TOLERANCE * maxMemoryBytes) loader.sweep();
      if (table.entryBytes > REPLAY_TOLERANCE * maxMemoryBytes) {
        throw tooLarge(directory, table.entryBytes, maxMemoryBytes);
      }
      onProgress?.(done, total);
    },
    now,
    fileSystem,
    preallocation,
  });
  table.finishLoading();
  return opened;
}

function tooLarge(path: string, bytes: number, maxMemoryBytes: number): StoreFullError {
  return new StoreFullError(
    `the log in ${path} holds more than memory may: its entries take ${bytes} bytes or more, and MAX_MEMORY_BYTES is ${maxMemoryBytes}. ` +
      'Raise it, and the heap with it (node --max-old-space-size=<MiB>)',
  );
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
