import { Module } from '@nestjs/common';
import { KvController } from './kv.controller.js';
import { StatsController } from './stats.controller.js';

/** `/kv` and `/stats`. */
@Module({ controllers: [KvController, StatsController] })
export class KvModule {}
