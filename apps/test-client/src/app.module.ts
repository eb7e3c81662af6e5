import { Module, type DynamicModule } from '@nestjs/common';
import { WireModule } from '@kvasir/http';
import { loggerModule } from '@kvasir/service';
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
  /** Everything of the service, for one configuration. */
  static with(config: TestClientConfig, logger: Logger): DynamicModule {
    return {
      module: AppModule,
      imports: [loggerModule(logger), WireModule],
      controllers: [OperationsController, RunsController, WorkflowsController],
      providers: [
        { provide: TEST_CLIENT_CONFIG, useValue: config },
        { provide: RunService, useFactory: () => new RunService(new WorkflowRunner(config.target), logger) },
      ],
    };
  }
}
