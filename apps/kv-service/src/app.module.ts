import { Module, type DynamicModule } from '@nestjs/common';
import { loggerModule, type ServiceStop } from '@kvasir/service';
import type { Logger } from 'pino';
import { AccessModule } from './access/access.module.js';
import type { ApiKeys } from './access/api-keys.js';
import { KeysModule } from './apis/keys/keys.module.js';
import { KvModule } from './apis/kv/kv.module.js';
import { RecordsModule } from './apis/records/records.module.js';
import { RpcModule } from './apis/rpc/rpc.module.js';
import { StoreV1Module } from './apis/store-v1/store-v1.module.js';
import { rpcOptions } from './config/rpc-options.js';
import { ConfigModule } from './config/config.module.js';
import type { KvServiceConfig } from './config/config.js';
import { WireModule, type RateLimiter } from '@kvasir/http';
import { MetricsModule } from './metrics/metrics.module.js';
import type { ServiceCounts } from './metrics/service-counts.js';
import { AdminModule } from './operations/admin/admin.module.js';
import { HealthModule } from './operations/health/health.module.js';
import { OperationsModule } from './operations/operations.module.js';
import { PurgeModule } from './purge/purge.module.js';
import { StoreModule } from './store/store.module.js';

/** The one place that puts engine, wire APIs and jobs together. */
@Module({})
export class AppModule {
  /**
   * Everything of the service, for one configuration.
   *
   * @param keys undefined: the service has no API keys, and its data is open
   * @param limiter undefined: requests have no limit
   * @param metrics undefined: nothing is counted, and there is no `/metrics`
   */
  static with(
    config: KvServiceConfig,
    logger: Logger,
    stop: ServiceStop,
    keys: ApiKeys | undefined,
    limiter: RateLimiter | undefined,
    metrics: { readonly counts: ServiceCounts; readonly version: string } | undefined,
  ): DynamicModule {
    return {
      module: AppModule,
      imports: [
        loggerModule(logger),
        ConfigModule.with(config),
        StoreModule,
        AccessModule.with(keys),
        WireModule,
        KvModule,
        KeysModule,
        RecordsModule,
        StoreV1Module,
        ...(config.grpc.port === 0 ? [] : [RpcModule.with(rpcOptions(config, keys, limiter, metrics?.counts.rpc))]),
        OperationsModule,
        HealthModule.with(stop),
        metrics === undefined
          ? MetricsModule.off()
          : MetricsModule.with(metrics.counts, { version: metrics.version, limiter }),
        ...(config.admin.key === undefined && keys === undefined ? [] : [AdminModule.with(config.admin.key)]),
        PurgeModule,
      ],
    };
  }
}
