import { Module } from '@nestjs/common';
import { RootController } from './root.controller.js';

/** What whoever runs the service asks it. */
@Module({ controllers: [RootController] })
export class OperationsModule {}
