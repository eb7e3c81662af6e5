import { Injectable } from '@nestjs/common';
import type { WriteFailedError } from '@kvasir/kv-core';
import type { LogReport } from '@kvasir/wal';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';

const PROGRESS_EVERY_MS = 1000;

/** A log that is further ahead of the wall clock than that was written under a clock that was wrong, then or now. */
const CLOCK_TOLERANCE_MS = 5000;

/** What the service says and does about its write-ahead log: progress of the replay, how the log ended, and the end of the process when it fails. */
@Injectable()
export class WalLifecycle {
  private progressLoggedAt = performance.now();

  constructor(@InjectPinoLogger(WalLifecycle.name) private readonly logger: PinoLogger) {}

  /** Says once a second how far the replay is. */
  readonly onProgress = (done: number, total: number): void => {
    const now = performance.now();
    if (now - this.progressLoggedAt < PROGRESS_EVERY_MS) return;
    this.progressLoggedAt = now;
    this.logger.info({ bytes: done, totalBytes: total }, `replaying the log: ${Math.floor((done / total) * 100)} %`);
  };

  /** Says what the log held, and warns of a tail that was cut. */
  onOpened(report: LogReport): void {
    const { path, lines, foreignLines, bytes, lastSeq, tornTail } = report;
    if (tornTail !== undefined) {
      const { offset, line, reason, cutBytes, savedTo } = tornTail;
      this.logger.warn(
        { path, offset, line, reason, cutBytes, savedTo },
        `the log ended in a write that was never finished: line ${line} ${reason}. bytes moved to ${savedTo}: ${cutBytes}. With FSYNC=always no acknowledged write is among them`,
      );
    }
    const verb = report.created ? 'created' : 'replayed';
    this.logger.info({ path, lines, foreignLines, bytes, revision: lastSeq }, `the log was ${verb}`);
    const aheadMs = report.lastTimestamp - Date.now();
    if (aheadMs > CLOCK_TOLERANCE_MS) {
      this.logger.warn(
        { path, lastTimestamp: report.lastTimestamp, aheadMs },
        `the log's last timestamp is ${Math.round(aheadMs / 1000)} s ahead of the clock: time stands still for the store until the clock gets there, and nothing expires`,
      );
    }
  }

  /** Ends the process: what was written last may not be on disk, so nothing may be answered any more. Only a new start finds out. */
  readonly onFailure = (error: WriteFailedError): void => {
    this.logger.fatal(
      { err: error },
      'the log cannot be written any more; the service ends, start it again to recover',
    );
    process.exit(1);
  };
}
