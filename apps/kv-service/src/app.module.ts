import { Module, type DynamicModule } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import type { Logger } from 'pino';
import { KeysModule } from './apis/keys/keys.module.js';
import { KvModule } from './apis/kv/kv.module.js';
import { RecordsModule } from './apis/records/records.module.js';
import { RpcModule } from './apis/rpc/rpc.module.js';
import { StoreV1Module } from './apis/store-v1/store-v1.module.js';
import { rpcOptions } from './config/rpc-options.js';
import { ConfigModule } from './config/config.module.js';
import type { KvServiceConfig } from './config/config.js';
import { WireModule } from '@kvasir/http';
import { AdminModule } from './operations/admin/admin.module.js';
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
        KeysModule,
        RecordsModule,
        StoreV1Module,
        ...(config.grpc.port === 0 ? [] : [RpcModule.with(rpcOptions(config))]),
        OperationsModule,
        ...(config.admin.key === undefined ? [] : [AdminModule.with(config.admin.key)]),
        PurgeModule,
      ],
    };
  }
}
