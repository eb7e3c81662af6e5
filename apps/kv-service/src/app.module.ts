import { Module, type DynamicModule } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import type { Logger } from 'pino';
import { KvModule } from './apis/kv/kv.module.js';
import { ConfigModule } from './config/config.module.js';
import type { KvServiceConfig } from './config/config.js';
import { WireModule } from './http/wire.module.js';
import { OperationsModule } from './operations/operations.module.js';
import { PurgeModule } from './purge/purge.module.js';
import { StoreModule } from './store/store.module.js';

/** The one place that puts engine, wire APIs and jobs together. */
@Module({})
export class AppModule {
  /** Everything of the service, for one configuration. */
  static with(config: KvServiceConfig, logger: Logger): DynamicModule {
    return {
      module: AppModule,
      imports: [
        // Requests are logged by the HTTP seam; the middleware that would do it for Express has no route.
        LoggerModule.forRoot({ pinoHttp: { logger, autoLogging: false }, forRoutes: [] }),
        ConfigModule.with(config),
        StoreModule,
        WireModule,
        KvModule,
        OperationsModule,
        PurgeModule,
      ],
    };
  }
}
