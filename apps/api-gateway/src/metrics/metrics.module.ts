import { Module, type DynamicModule } from '@nestjs/common';
import { Readiness } from '../upstream/readiness.js';
import { GatewayMetrics, type GatewayMetricsOptions } from './gateway-metrics.js';
import { MetricsController } from './metrics.controller.js';

/** `/metrics`. */
@Module({})
export class MetricsModule {
  static with(options: Omit<GatewayMetricsOptions, 'readiness'>): DynamicModule {
    return {
      module: MetricsModule,
      controllers: [MetricsController],
      providers: [
        {
          provide: GatewayMetrics,
          inject: [Readiness],
          useFactory: (readiness: Readiness) => new GatewayMetrics({ ...options, readiness }),
        },
      ],
    };
  }
}
