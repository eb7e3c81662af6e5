import { DiskFullError, StoreUnavailableError, WriteFailedError, type Clock } from '@kvasir/kv-core';
import { LineEncoder, LogFullError, type CompactionStart, type CompactionWriter, type LogWriter } from '@kvasir/wal';

import type { TransactionEffects } from './commit-group.js';
import type { GroupLog } from './commit-loop.js';
import type { FsyncPolicy } from './fsync-policy.js';

const EVERYSEC_MS = 1000;

/** Told how a log is written, for metrics and traces. All must be quick, and must not throw. */
export interface LogObserver {
  /** A group goes to the log now: whatever is committed from here on is not in it. */
  writing?(): void;
  /** A group of so many transactions is in the log. */
  group(transactions: number): void;
  /** A sync took so many milliseconds; with `FSYNC=always`: a group's write and its sync. */
  synced(ms: number): void;
}

/** What a {@link LogGroupWriter} is set up with. */
export interface LogGroupWriterOptions {
  readonly fsync: FsyncPolicy;
  /** Tells the time of seals. */
  readonly clock: Clock;
  /** The latest timestamp in the log so far, Unix milliseconds. */
  readonly loggedTime: number;
  /** Called once, when the log can take nothing more: what was answered may not be on disk, and only a new start finds out. */
  readonly onFailure: (error: WriteFailedError) => void;
  readonly observer?: LogObserver;
}

/** Writes groups to `wal.log`: one write a group, and with `FSYNC=always` one sync a group, in one call where the file system has one for both. */
export class LogGroupWriter implements GroupLog {
  private readonly encoder = new LineEncoder();
  private readonly timer: NodeJS.Timeout | undefined;
  private syncing: Promise<void> | undefined;
  /** Settles, without an error, when the log has been replaced. */
  private switching: Promise<undefined> | undefined;
  /** Whether lines name their created time even where a reader could tell it from the line before of the same key. */
  private keepsCreated = false;
  private latestTime: number;
  private failed = false;

  constructor(
    private readonly writer: LogWriter,
    private readonly options: LogGroupWriterOptions,
  ) {
    this.latestTime = options.loggedTime;
    if (options.fsync === 'everysec') this.timer = setInterval(() => this.syncEverySecond(), EVERYSEC_MS).unref();
  }

  /** A start after a crash finds this time in the log (as far as `FSYNC` promises), so that its own is not before it. Unix milliseconds. */
  get loggedTime(): number {
    return this.latestTime;
  }

  /** Bytes of the log. */
  get size(): number {
    return this.writer.size;
  }

  async write(transactions: readonly TransactionEffects[], now: number): Promise<void> {
    this.options.observer?.writing?.();
    await this.inStoreTerms(async () => {
      const lastRevision = this.encode(transactions);
      const lines = this.encoder.bytes();
      if (this.options.fsync === 'always') await this.timed(() => this.writer.appendDurably(lines, lastRevision));
      else await this.writer.append(lines, lastRevision);
    });
    this.options.observer?.group(transactions.length);
    this.latestTime = Math.max(this.latestTime, now);
  }

  /** Syncs what is not on disk yet, beside the writes that go on. */
  async sync(): Promise<void> {
    // What is there when the log has been replaced is synced, and the file from before is closed.
    await this.switching;
    if (this.writer.synced) return;
    this.syncing ??= this.inStoreTerms(() => this.timed(() => this.writer.sync())).finally(
      () => (this.syncing = undefined),
    );
    await this.syncing;
  }

  /** Puts the time into the log, as a seal on disk. Between two groups only. Does nothing while lines are not synced. */
  async mark(): Promise<void> {
    if (!this.writer.synced) return;
    const now = this.options.clock.now();
    await this.inStoreTerms(() => this.writer.mark(now));
    this.latestTime = Math.max(this.latestTime, now);
  }

  /** Where a compaction finds the log. Between two groups only, and {@link endCompaction} must follow. */
  beginCompaction(): CompactionStart {
    // A line of the compacted part that is left out for a later one of the same key takes the created time with it.
    this.keepsCreated = true;
    return this.writer.compactionStart;
  }

  /** Copies what was written since to the new file; gives where it stopped. See {@link LogWriter.copyTo}. */
  copyTo(compaction: CompactionWriter, from: number): Promise<number> {
    return this.inStoreTerms(() => this.writer.copyTo(compaction, from));
  }

  /** Goes on in the new file. Between two groups only. See {@link LogWriter.switchTo}. */
  async switchTo(compaction: CompactionWriter, from: number): Promise<void> {
    await this.replaced(() => this.writer.switchTo(compaction, from, this.options.clock.now()));
  }

  /** Closes the new file's entries with their seal and goes on in it. Between two groups only. See {@link LogWriter.replaceBy}. */
  async replaceBy(load: CompactionWriter, revision: number): Promise<void> {
    const now = this.options.clock.now();
    await this.replaced(async () => {
      await load.endEntries(now, revision);
      await this.writer.replaceBy(load, revision, now);
    });
    this.latestTime = Math.max(this.latestTime, now);
  }

  /** Runs work on the file of a load, which fails in the store's terms. */
  onLoad<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.inStoreTerms(work);
  }

  private async replaced(work: () => Promise<void>): Promise<void> {
    const switched = this.afterSync(work);
    this.switching = switched.then(
      () => (this.switching = undefined),
      () => (this.switching = undefined),
    );
    await switched;
  }

  /** No compaction is under way any more. */
  endCompaction(): void {
    this.keepsCreated = false;
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.syncing?.catch(() => undefined);
    try {
      if (this.writer.failure === undefined) await this.inStoreTerms(() => this.end());
    } finally {
      await this.writer.close();
    }
  }

  private async end(): Promise<void> {
    await this.writer.sync();
    try {
      await this.writer.seal(this.options.clock.now());
    } catch (error) {
      // Everything is on disk. What a full disk leaves out is the sign that it is, which no start needs.
      if (!(error instanceof LogFullError)) throw error;
    }
  }

  /** Fills the encoder with one line an effect; gives the revision of the last. */
  private encode(transactions: readonly TransactionEffects[]): number {
    const { encoder } = this;
    const { group } = this.writer;
    encoder.reset();
    let revision = 0;
    for (const { atomic, effects, loaded = false } of transactions) {
      const lines = atomic && effects.length > 1 ? effects.length : 0;
      let line = 0;
      for (const effect of effects) {
        if (lines > 0) line++;
        if (effect.type === 'set') {
          const { key, value, expiresAt, updatedAt, createdAt } = effect.entry;
          revision = effect.entry.revision;
          const created = loaded || (this.keepsCreated && createdAt !== updatedAt) ? createdAt : undefined;
          encoder.encodeSet(key, value, expiresAt, updatedAt, created, revision, group, line, lines);
        } else {
          revision = effect.revision;
          encoder.encodeDelete(effect.key, effect.at, revision, group, line, lines);
        }
      }
    }
    return revision;
  }

  /** Tells the observer how long a sync took. */
  private async timed(sync: () => Promise<void>): Promise<void> {
    const { observer } = this.options;
    const startedAt = observer === undefined ? 0 : performance.now();
    await sync();
    observer?.synced(performance.now() - startedAt);
  }

  private syncEverySecond(): void {
    if (this.failed) return;
    // A failure has been reported by then; there is nobody else to tell.
    void this.sync().catch(() => undefined);
  }

  /** Works when no sync is under way that was begun before. */
  private async afterSync(work: () => Promise<void>): Promise<void> {
    await this.syncing?.catch(() => undefined);
    await this.inStoreTerms(work);
  }

  private async inStoreTerms<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      throw this.storeErrorOf(error);
    }
  }

  /** An error of the log in the store's terms; one that ends the log is reported too. */
  private storeErrorOf(error: unknown): Error {
    const { failure } = this.writer;
    if (failure !== undefined) {
      const fatal = new WriteFailedError(failure.message, { cause: failure });
      if (!this.failed) {
        this.failed = true;
        this.options.onFailure(fatal);
      }
      return fatal;
    }
    if (error instanceof LogFullError)
      return new DiskFullError('the disk of the data directory is full; nothing was changed', { cause: error });
    if (error instanceof Error)
      return new StoreUnavailableError(`${error.message}; nothing was changed`, { cause: error });
    return new StoreUnavailableError(String(error));
  }
}
