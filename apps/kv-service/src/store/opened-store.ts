import type { PoolUse } from '@kvasir/engine-postgres';
import {
  openLogStore,
  openMemoryStore,
  type LogMaintenance,
  type LogObserver,
  type LogStatus,
} from '@kvasir/engine-wal';
import { StoreUnavailableError, type KvStore } from '@kvasir/kv-core';
import { StartError } from '@kvasir/service';
import type { KvServiceConfig } from '../config/config.js';
import type { WalLifecycle } from '../wal/wal-lifecycle.js';
import type { CompactionLog } from './compaction-log.js';
import { openDatabaseStore, type DatabaseLog } from './database-store.js';

/** Figures of this engine besides the port's own; what it does not have is undefined. */
export interface StoreFigures {
  /** Of an engine that keeps a log. */
  readonly log: LogStatus | undefined;
  /** Of an engine in memory: see `MAX_MEMORY_BYTES`. */
  readonly memoryBytes: number | undefined;
  /** Of an engine on a database: its connections. */
  readonly pools: readonly PoolUse[] | undefined;
}

/** The store of the service, and what its engine offers besides. */
export interface OpenedStore {
  readonly store: KvStore;
  /** Of an engine that keeps a log. */
  readonly log: LogMaintenance | undefined;
  /** Tries whether it can write; rejects when it cannot. */
  readonly probe: () => Promise<void>;
  /** As they are now. */
  readonly figures: () => StoreFigures;
}

/** Who is told what becomes of an engine. */
export interface EngineListeners {
  readonly wal: WalLifecycle;
  readonly compactions: CompactionLog;
  readonly database: DatabaseLog;
  /** Told how the log is written; undefined: nobody is. */
  readonly log: LogObserver | undefined;
  /** Called while a log is replayed, with the bytes done and the bytes there are. */
  readonly onProgress: (done: number, total: number) => void;
}

/**
 * Opens the engine that the configuration names: a log is replayed, a database waited for.
 *
 * @param signal ends the wait for a database
 * @throws StartError or KvError when it cannot be opened
 */
export async function openStore(
  { store: config, database }: KvServiceConfig,
  listeners: EngineListeners,
  signal: AbortSignal,
): Promise<OpenedStore> {
  switch (config.engine) {
    case 'memory': {
      const store = openMemoryStore({ maxMemoryBytes: config.maxMemoryBytes });
      return {
        store,
        log: undefined,
        probe: () => Promise.resolve(),
        figures: () => ({ log: undefined, memoryBytes: store.memoryBytes, pools: undefined }),
      };
    }
    case 'postgres': {
      const store = await openDatabaseStore(database, listeners.database, signal);
      return {
        store,
        log: undefined,
        probe: () => probeDatabase(store),
        figures: () => ({ log: undefined, memoryBytes: undefined, pools: store.pools }),
      };
    }
    case 'wal':
      return await openWal(config, listeners);
  }
}

async function openWal(config: KvServiceConfig['store'], listeners: EngineListeners): Promise<OpenedStore> {
  const { dataDir, fsync, maxMemoryBytes } = config;
  const { wal, compactions, onProgress } = listeners;
  try {
    const { store, report, maintenance } = await openLogStore({
      directory: dataDir,
      fsync,
      maxMemoryBytes,
      compaction: { minBytes: config.compactMinBytes, ratio: config.compactRatio },
      onCompaction: compactions.onEvent,
      observer: listeners.log,
      onProgress,
      onFailure: wal.onFailure,
    });
    wal.onOpened(report);
    return {
      store,
      log: maintenance,
      probe: () => maintenance.checkWritable(),
      figures: () => ({ log: maintenance.status(), memoryBytes: store.memoryBytes, pools: undefined }),
    };
  } catch (error) {
    throw isSystemError(error) ? new StartError(unusable(dataDir, error), { cause: error }) : error;
  }
}

/** A sweep takes a lock in the database, which a read-only one does not give. Its message may name what clients need not know. */
async function probeDatabase(store: KvStore): Promise<void> {
  try {
    await store.purgeExpired(1);
  } catch (error) {
    throw new StoreUnavailableError('the database cannot be written', { cause: error });
  }
}

/** Whether the operating system refused something: its errors say what was tried, and not what for. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

function unusable(dataDir: string, error: Error): string {
  return `the data directory ${dataDir} cannot be used: ${error.message}; DATA_DIR or --data-dir names a folder that the service may write to, or make`;
}
