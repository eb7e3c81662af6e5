import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { PurgeJob } from './purge-job.js';

/** The scheduled sweep of expired keys. */
@Module({ imports: [ScheduleModule.forRoot()], providers: [PurgeJob] })
export class PurgeModule {}
