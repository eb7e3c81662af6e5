import { getHeapStatistics } from 'node:v8';
import { Global, Inject, Module } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import type { KvServiceConfig } from '../config/config.js';
import { KV_SERVICE_CONFIG } from '../config/config.token.js';
import { WalModule } from '../wal/wal.module.js';
import { memoryWarning } from './memory-warning.js';
import { CompactionLog } from './compaction-log.js';
import { DatabaseLog } from './database-store.js';
import { StoreLifecycle } from './store-lifecycle.js';
import { engineExtrasProvider, storeProvider } from './store-provider.js';

/** The store, opened by the start and closed when the last request has been answered. Global: every API and job works on the one store. */
@Global()
@Module({
  imports: [WalModule],
  providers: [CompactionLog, DatabaseLog, StoreLifecycle, storeProvider, engineExtrasProvider],
  exports: [StoreLifecycle, storeProvider, engineExtrasProvider],
})
export class StoreModule {
  constructor(
    @Inject(KV_SERVICE_CONFIG) config: KvServiceConfig,
    @InjectPinoLogger(StoreModule.name) logger: PinoLogger,
  ) {
    const warning = memoryWarning(config.store.maxMemoryBytes, getHeapStatistics().heap_size_limit);
    if (warning !== undefined) logger.warn(warning);
  }
}
