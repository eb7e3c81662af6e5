import type { FactoryProvider } from '@nestjs/common';
import { openLogStore, openMemoryStore } from '@kvasir/engine-wal';
import type { KvStore } from '@kvasir/kv-core';
import type { KvServiceConfig } from '../config/config.js';
import { KV_SERVICE_CONFIG } from '../config/config.token.js';
import { WalLifecycle } from '../wal/wal-lifecycle.js';
import { STORE } from './store.token.js';

/** Opens the engine that the configuration names. The service listens only after this has resolved. */
export const storeProvider: FactoryProvider<KvStore> = {
  provide: STORE,
  inject: [KV_SERVICE_CONFIG, WalLifecycle],
  async useFactory(config: KvServiceConfig, wal: WalLifecycle): Promise<KvStore> {
    const { engine, dataDir, fsync, maxMemoryBytes } = config.store;
    if (engine === 'memory') return openMemoryStore({ maxMemoryBytes });
    const { store, report } = await openLogStore({
      directory: dataDir,
      fsync,
      maxMemoryBytes,
      onProgress: wal.onProgress,
      onFailure: wal.onFailure,
    });
    wal.onOpened(report);
    return store;
  },
};
