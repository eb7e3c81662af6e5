import { Module } from '@nestjs/common';
import { HealthController } from './health.controller.js';
import { RootController } from './root.controller.js';

/** What whoever runs the service asks it. */
@Module({ controllers: [HealthController, RootController] })
export class OperationsModule {}
