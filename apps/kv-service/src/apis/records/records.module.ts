import { Module } from '@nestjs/common';
import { RecordsController } from './records.controller.js';

/** Records, `/:key` and `/bulk`. */
@Module({ controllers: [RecordsController] })
export class RecordsModule {}
