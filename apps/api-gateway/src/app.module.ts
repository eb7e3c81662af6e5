import { Module, type DynamicModule } from '@nestjs/common';
import { WireModule } from '@kvasir/http';
import { loggerModule, ServiceStop } from '@kvasir/service';
import type { Logger } from 'pino';
import type { GatewayConfig } from './config/config.js';
import { GATEWAY_CONFIG } from './config/config.token.js';
import { OperationsController } from './operations/operations.controller.js';
import { UpstreamLifecycle, upstreamProvider } from './upstream.js';
import { ValuesController } from './values/values.controller.js';

/** The one place that puts the gateway together. */
@Module({})
export class AppModule {
  /** Everything of the service, for one configuration. */
  static with(config: GatewayConfig, logger: Logger, stop: ServiceStop): DynamicModule {
    return {
      module: AppModule,
      imports: [loggerModule(logger), WireModule],
      controllers: [ValuesController, OperationsController],
      providers: [
        { provide: GATEWAY_CONFIG, useValue: config },
        { provide: ServiceStop, useValue: stop },
        upstreamProvider,
        UpstreamLifecycle,
      ],
    };
  }
}
