import { getHeapStatistics } from 'node:v8';
import { Inject, Module, type DynamicModule } from '@nestjs/common';
import type { Tracer } from '@kvasir/tracing';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import type { KvServiceConfig } from '../config/config.js';
import { KV_SERVICE_CONFIG } from '../config/config.token.js';
import { WalModule } from '../wal/wal.module.js';
import { memoryWarning } from './memory-warning.js';
import { CompactionLog } from './compaction-log.js';
import { DatabaseLog } from './database-store.js';
import { StoreLifecycle } from './store-lifecycle.js';
import { TRACER } from './store-tracing.js';
import { engineExtrasProvider, storeProvider } from './store-provider.js';

/** The store, opened by the start and closed when the last request has been answered. Global: every API and job works on the one store. */
@Module({})
export class StoreModule {
  /** @param tracer undefined: there are no traces */
  static with(tracer: Tracer | undefined): DynamicModule {
    return {
      module: StoreModule,
      global: true,
      imports: [WalModule],
      providers: [
        CompactionLog,
        DatabaseLog,
        ...(tracer === undefined ? [] : [{ provide: TRACER, useValue: tracer }]),
        StoreLifecycle,
        storeProvider,
        engineExtrasProvider,
      ],
      exports: [StoreLifecycle, storeProvider, engineExtrasProvider],
    };
  }

  constructor(
    @Inject(KV_SERVICE_CONFIG) config: KvServiceConfig,
    @InjectPinoLogger(StoreModule.name) logger: PinoLogger,
  ) {
    const warning = memoryWarning(config.store.maxMemoryBytes, getHeapStatistics().heap_size_limit);
    if (warning !== undefined) logger.warn(warning);
  }
}
