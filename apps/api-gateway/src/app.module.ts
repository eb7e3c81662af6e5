import { Module, type DynamicModule } from '@nestjs/common';
import { WireModule } from '@kvasir/http';
import { LoggerModule } from 'nestjs-pino';
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
  static with(config: GatewayConfig, logger: Logger): DynamicModule {
    return {
      module: AppModule,
      imports: [
        // Requests are logged by the HTTP seam; the middleware that would do it for Express has no route.
        LoggerModule.forRoot({ pinoHttp: { logger, autoLogging: false }, forRoutes: [] }),
        WireModule,
      ],
      controllers: [ValuesController, OperationsController],
      providers: [{ provide: GATEWAY_CONFIG, useValue: config }, upstreamProvider, UpstreamLifecycle],
    };
  }
}
