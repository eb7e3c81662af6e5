import { Injectable, Optional } from '@nestjs/common';
import type { CompactionEvent } from '@kvasir/engine-wal';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { ServiceCounts } from '../metrics/service-counts.js';

/** Says what becomes of compactions. One that fails costs nothing but disk space. */
@Injectable()
export class CompactionLog {
  constructor(
    @InjectPinoLogger(CompactionLog.name) private readonly logger: PinoLogger,
    @Optional() private readonly counts?: ServiceCounts,
  ) {}

  readonly onEvent = (event: CompactionEvent): void => {
    switch (event.type) {
      case 'started':
        this.logger.info({ bytes: event.bytes, liveBytes: event.liveBytes }, 'compacting the log');
        break;
      case 'completed':
        this.counts?.log.compacted(event.compaction.milliseconds);
        this.logger.info(event.compaction, 'the log was compacted');
        break;
      case 'failed':
        this.logger.warn(
          { err: event.error, retryMs: event.retryMs },
          `the log could not be compacted and stays as it was; the next try is in ${event.retryMs / 1000} s at the earliest`,
        );
        break;
      case 'abandoned':
        this.logger.info('a compaction of the log was given up: the store is closing');
    }
  };
}
