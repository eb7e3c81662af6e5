import { Module, type DynamicModule } from '@nestjs/common';
import { WireModule, type RateLimiter } from '@kvasir/http';
import { loggerModule, type ServiceContext } from '@kvasir/service';
import type { GatewayConfig } from './config/config.js';
import type { GatewayCounts } from './metrics/gateway-counts.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { OperationsController } from './operations/operations.controller.js';
import { UpstreamModule } from './upstream/upstream.module.js';
import { ValuesController } from './values/values.controller.js';

/** The one place that puts the gateway together. */
@Module({})
export class AppModule {
  /**
   * Everything of the service, for one configuration.
   *
   * @param counts undefined: nothing is counted, and there is no `/metrics`
   * @param limiter undefined: requests have no limit
   */
  static with(
    { config, logger, version, stop, tracer }: ServiceContext<GatewayConfig>,
    counts: GatewayCounts | undefined,
    limiter: RateLimiter | undefined,
  ): DynamicModule {
    return {
      module: AppModule,
      imports: [
        loggerModule(logger),
        WireModule,
        UpstreamModule.with(config, stop, { counts: counts?.upstream, tracer }),
        ...(counts === undefined ? [] : [MetricsModule.with({ version, counts, limiter })]),
      ],
      controllers: [ValuesController, OperationsController],
    };
  }
}
