import { DiskFullError, type Clock } from '@kvasir/kv-core';
import type { LogFileSystem } from '@kvasir/wal';

import type { CommitLoop } from '../commit-loop.js';
import type { LogGroupWriter } from '../log-group-writer.js';
import type { OrderedTable } from '../table/ordered-table.js';
import { CompactionRun } from './compaction-run.js';
import { liveLogBytes } from './live-bytes.js';
import type { CompactionEvent, CompletedCompaction, LogMaintenance, LogStatus } from './log-status.js';

const FIRST_RETRY_MS = 60_000;
const LONGEST_RETRY_MS = 3_600_000;

/** When a log is compacted by itself. */
export interface CompactionPolicy {
  /** Not below this size of the log. Bytes. */
  readonly minBytes: number;
  /** When the log has this many times the bytes that its live entries would take; above 1. */
  readonly ratio: number;
}

/** What a {@link Compactor} is set up with. */
export interface CompactorOptions {
  readonly table: OrderedTable;
  readonly loop: CommitLoop;
  readonly log: LogGroupWriter;
  readonly clock: Clock;
  readonly fileSystem: LogFileSystem;
  /** Path of the log. */
  readonly path: string;
  /** The log's folder. */
  readonly directory: string;
  readonly policy: CompactionPolicy;
  readonly onEvent?: ((event: CompactionEvent) => void) | undefined;
  /** Milliseconds from any moment, never stepping back; only for the pause after a failure. Default: `performance.now`. */
  readonly elapsed?: (() => number) | undefined;
}

/** Decides when the log is compacted, sees to it that there is one compaction at a time, and keeps account of them. */
export class Compactor implements LogMaintenance {
  private readonly elapsed: () => number;
  private run: CompactionRun | undefined;
  private running: Promise<void> | undefined;
  private abort = new AbortController();
  private stopped = false;
  /** Whether something else is replacing the log. */
  private held = false;
  private completed = 0;
  private failed = 0;
  private failedInARow = 0;
  private notBefore = -Infinity;
  private last: CompletedCompaction | undefined;
  private lastError: string | undefined;
  /** How many times the estimate the last compacted part took. */
  private factor = 1;

  constructor(private readonly options: CompactorOptions) {
    this.elapsed = options.elapsed ?? (() => performance.now());
  }

  status(): LogStatus {
    const { run, completed, failed, last, lastError } = this;
    const { size: bytes } = this.options.log;
    return {
      bytes,
      // The estimate counts two seals and what every line has at most, of which a small log may have less.
      liveBytes: Math.min(this.liveBytes(), bytes),
      compaction: { running: run !== undefined, progress: run?.progress, completed, failed, last, lastError },
    };
  }

  compact(): boolean {
    if (this.run !== undefined || this.stopped || this.held) return false;
    this.start();
    return true;
  }

  async checkWritable(): Promise<void> {
    const { loop, log } = this.options;
    await loop.between(() => log.mark());
  }

  /** Starts a compaction if the policy wants one. Cheap: called after every group and every sweep. */
  consider(): void {
    const { log, policy } = this.options;
    const { size } = log;
    if (size < policy.minBytes || this.run !== undefined || this.stopped || this.held) return;
    if (size >= policy.ratio * this.liveBytes() && this.elapsed() >= this.notBefore) this.start();
  }

  /** After a write failed: what a compaction has taken of a full disk is needed by the writes. */
  afterFailedWrite(error: unknown): void {
    if (error instanceof DiskFullError) this.abort.abort(error);
  }

  /** Does work that replaces the log: the compaction that is running is waited for, and none begins meanwhile. */
  async withoutCompaction<Result>(work: () => Promise<Result>): Promise<Result> {
    this.held = true;
    try {
      await this.running;
      return await work();
    } finally {
      this.held = false;
    }
  }

  /** Gives up the compaction that is running; none is started any more. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.abort.abort();
    await this.running;
  }

  private liveBytes(): number {
    return Math.ceil(this.factor * liveLogBytes(this.options.table));
  }

  private start(): void {
    const { table, loop, log, clock, fileSystem, path, directory } = this.options;
    const estimate = liveLogBytes(table);
    this.abort = new AbortController();
    const { signal } = this.abort;
    const expectedBytes = this.liveBytes();
    this.run = new CompactionRun({ table, loop, log, clock, fileSystem, path, directory, expectedBytes, signal });
    this.options.onEvent?.({ type: 'started', bytes: log.size, liveBytes: expectedBytes });
    this.running = this.carryOut(this.run, estimate);
  }

  private async carryOut(run: CompactionRun, estimate: number): Promise<void> {
    const { log, clock, onEvent } = this.options;
    const bytesBefore = log.size;
    const begin = performance.now();
    try {
      const { entries, entryBytes, pauseMilliseconds } = await run.run();
      const milliseconds = performance.now() - begin;
      // Never below 1: keys that went away meanwhile must not make the next log look full of garbage.
      this.factor = Math.max(1, entryBytes / estimate);
      this.last = { at: clock.now(), bytesBefore, bytesAfter: log.size, entries, milliseconds, pauseMilliseconds };
      this.lastError = undefined;
      this.completed++;
      this.failedInARow = 0;
      this.notBefore = -Infinity;
      onEvent?.({ type: 'completed', compaction: this.last });
    } catch (error) {
      if (this.stopped) onEvent?.({ type: 'abandoned' });
      else this.noteFailure(error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.run = undefined;
    }
  }

  private noteFailure(error: Error): void {
    const retryMs = Math.min(FIRST_RETRY_MS * 2 ** this.failedInARow, LONGEST_RETRY_MS);
    this.failed++;
    this.failedInARow++;
    this.notBefore = this.elapsed() + retryMs;
    this.lastError = error.message;
    this.options.onEvent?.({ type: 'failed', error, retryMs });
  }
}
