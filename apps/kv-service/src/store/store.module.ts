import { getHeapStatistics } from 'node:v8';
import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { KvStore } from '@kvasir/kv-core';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import type { KvServiceConfig } from '../config/config.js';
import { KV_SERVICE_CONFIG } from '../config/config.token.js';
import { WalModule } from '../wal/wal.module.js';
import { memoryWarning } from './memory-warning.js';
import { CompactionLog } from './compaction-log.js';
import { DatabaseLog } from './database-store.js';
import { openedStoreProvider } from './opened-store.js';
import { engineExtrasProvider, storeProvider } from './store-provider.js';
import { STORE } from './store.token.js';

/** Opens the store at start, and closes it when the last request has been answered. Global: every API and job works on the one store. */
@Global()
@Module({
  imports: [WalModule],
  providers: [CompactionLog, DatabaseLog, openedStoreProvider, storeProvider, engineExtrasProvider],
  exports: [storeProvider, engineExtrasProvider],
})
export class StoreModule implements OnApplicationShutdown {
  constructor(
    @Inject(STORE) private readonly store: KvStore,
    @Inject(KV_SERVICE_CONFIG) config: KvServiceConfig,
    @InjectPinoLogger(StoreModule.name) logger: PinoLogger,
  ) {
    const warning = memoryWarning(config.store.maxMemoryBytes, getHeapStatistics().heap_size_limit);
    if (warning !== undefined) logger.warn(warning);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.store.close();
  }
}
