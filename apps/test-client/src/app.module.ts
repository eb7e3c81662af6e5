import { Module, type DynamicModule } from '@nestjs/common';
import { WireModule } from '@kvasir/http';
import { loggerModule } from '@kvasir/service';
import type { Tracer } from '@kvasir/tracing';
import type { Logger } from 'pino';
import { OperationsController } from './api/operations.controller.js';
import { RunsController } from './api/runs.controller.js';
import { WorkflowsController } from './api/workflows.controller.js';
import { TEST_CLIENT_CONFIG } from './config/config.token.js';
import type { TestClientConfig } from './config/config.js';
import { RunService } from './runs/run-service.js';
import { WorkflowRunner } from './runs/workflow-runner.js';

/** The one place that puts the test client together. */
@Module({})
export class AppModule {
  /**
   * Everything of the service, for one configuration.
   *
   * @param tracer undefined: there are no traces
   */
  static with(config: TestClientConfig, logger: Logger, tracer: Tracer | undefined): DynamicModule {
    const runner = new WorkflowRunner({ ...config.target, tracer });
    return {
      module: AppModule,
      imports: [loggerModule(logger), WireModule],
      controllers: [OperationsController, RunsController, WorkflowsController],
      providers: [
        { provide: TEST_CLIENT_CONFIG, useValue: config },
        { provide: RunService, useFactory: () => new RunService(runner, logger) },
      ],
    };
  }
}
