import type { FactoryProvider } from '@nestjs/common';
import { openLogStore, openMemoryStore, type LogMaintenance } from '@kvasir/engine-wal';
import type { KvStore } from '@kvasir/kv-core';
import type { KvServiceConfig } from '../config/config.js';
import { KV_SERVICE_CONFIG } from '../config/config.token.js';
import { WalLifecycle } from '../wal/wal-lifecycle.js';
import { CompactionLog } from './compaction-log.js';
import { DatabaseLog, openDatabaseStore } from './database-store.js';

/** What to inject for the {@link OpenedStore} of the service, inside this folder. */
export const OPENED_STORE = Symbol('opened store');

/** The store of the service, and what its engine offers besides. */
export interface OpenedStore {
  readonly store: KvStore;
  /** Of an engine that keeps a log. */
  readonly log: LogMaintenance | undefined;
}

/** Opens the engine that the configuration names. The service listens only after this has resolved. */
export const openedStoreProvider: FactoryProvider<OpenedStore> = {
  provide: OPENED_STORE,
  inject: [KV_SERVICE_CONFIG, WalLifecycle, CompactionLog, DatabaseLog],
  async useFactory(
    { store: config, database }: KvServiceConfig,
    wal: WalLifecycle,
    compactions: CompactionLog,
    databaseLog: DatabaseLog,
  ): Promise<OpenedStore> {
    const { engine, dataDir, fsync, maxMemoryBytes } = config;
    if (engine === 'memory') return { store: openMemoryStore({ maxMemoryBytes }), log: undefined };
    if (engine === 'postgres') return { store: await openDatabaseStore(database, databaseLog), log: undefined };
    try {
      const { store, report, maintenance } = await openLogStore({
        directory: dataDir,
        fsync,
        maxMemoryBytes,
        compaction: { minBytes: config.compactMinBytes, ratio: config.compactRatio },
        onCompaction: compactions.onEvent,
        onProgress: wal.onProgress,
        onFailure: wal.onFailure,
      });
      wal.onOpened(report);
      return { store, log: maintenance };
    } catch (error) {
      throw isSystemError(error) ? new Error(unusable(dataDir, error), { cause: error }) : error;
    }
  },
};

/** Whether the operating system refused something: its errors say what was tried, and not what for. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

function unusable(dataDir: string, error: Error): string {
  return `the data directory ${dataDir} cannot be used: ${error.message}; DATA_DIR or --data-dir names a folder that the service may write to, or make`;
}
