import { Module, type DynamicModule } from '@nestjs/common';
import { loggerModule, type ServiceContext } from '@kvasir/service';
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

/** What is there before Nest starts, because HTTP needs it too. */
export interface AppParts {
  /** Undefined: the service has no API keys, and its data is open. */
  readonly keys: ApiKeys | undefined;
  /** Undefined: requests have no limit. */
  readonly limiter: RateLimiter | undefined;
  /** Undefined: nothing is counted, and there is no `/metrics`. */
  readonly counts: ServiceCounts | undefined;
}

/** The one place that puts engine, wire APIs and jobs together. */
@Module({})
export class AppModule {
  /** Everything of the service, for one configuration. */
  static with(
    { config, logger, version, stop, tracer }: ServiceContext<KvServiceConfig>,
    { keys, limiter, counts }: AppParts,
  ): DynamicModule {
    return {
      module: AppModule,
      imports: [
        loggerModule(logger),
        ConfigModule.with(config),
        StoreModule.with(tracer),
        AccessModule.with(keys),
        WireModule,
        KvModule,
        KeysModule,
        RecordsModule,
        StoreV1Module,
        ...(config.grpc.port === 0 ? [] : [RpcModule.with(rpcOptions(config, keys, limiter, counts?.rpc, tracer))]),
        OperationsModule,
        HealthModule.with(stop),
        counts === undefined ? MetricsModule.off() : MetricsModule.with(counts, { version, limiter }),
        ...(config.admin.key === undefined && keys === undefined ? [] : [AdminModule.with(config.admin.key)]),
        PurgeModule,
      ],
    };
  }
}
