import { Module, type DynamicModule } from '@nestjs/common';
import { MetricsController } from './metrics.controller.js';
import { ServiceCounts } from './service-counts.js';
import { METRICS_OPTIONS, ServiceMetrics, type MetricsOptions } from './service-metrics.js';

/** `/metrics`. Global: what is counted in many places is kept in one. */
@Module({})
export class MetricsModule {
  static with(counts: ServiceCounts, options: MetricsOptions): DynamicModule {
    return {
      module: MetricsModule,
      global: true,
      controllers: [MetricsController],
      providers: [
        { provide: ServiceCounts, useValue: counts },
        { provide: METRICS_OPTIONS, useValue: options },
        ServiceMetrics,
      ],
      exports: [ServiceCounts],
    };
  }

  /** Without metrics: nobody gets anything to count into, and the route is a 404. */
  static off(): DynamicModule {
    return { module: MetricsModule, controllers: [MetricsController] };
  }
}
