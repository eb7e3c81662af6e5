import { DiskFullError, StoreUnavailableError, WriteFailedError, type Clock } from '@kvasir/kv-core';
import { LineEncoder, LogFullError, type LogWriter } from '@kvasir/wal';

import type { TransactionEffects } from './commit-group.js';
import type { GroupLog } from './commit-loop.js';
import type { FsyncPolicy } from './fsync-policy.js';

const EVERYSEC_MS = 1000;

/** What a {@link LogGroupWriter} is set up with. */
export interface LogGroupWriterOptions {
  readonly fsync: FsyncPolicy;
  /** Tells the time of the seal at a clean stop. */
  readonly clock: Clock;
  /** Called once, when the log can take nothing more: what was answered may not be on disk, and only a new start finds out. */
  readonly onFailure: (error: WriteFailedError) => void;
}

/** Writes groups to `wal.log`: one write a group, and one sync a group with `FSYNC=always`. */
export class LogGroupWriter implements GroupLog {
  private readonly encoder = new LineEncoder();
  private readonly timer: NodeJS.Timeout | undefined;
  private unsynced = false;
  private syncing: Promise<void> | undefined;
  private failed = false;

  constructor(
    private readonly writer: LogWriter,
    private readonly options: LogGroupWriterOptions,
  ) {
    if (options.fsync === 'everysec') this.timer = setInterval(() => this.syncInBackground(), EVERYSEC_MS).unref();
  }

  async write(transactions: readonly TransactionEffects[]): Promise<void> {
    try {
      const lastRevision = this.encode(transactions);
      await this.writer.append(this.encoder.bytes(), lastRevision);
      if (this.options.fsync === 'always') await this.writer.sync();
      else this.unsynced = true;
    } catch (error) {
      throw this.storeErrorOf(error);
    }
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.syncing;
    try {
      if (this.writer.failure === undefined) await this.writer.seal(this.options.clock.now());
    } catch (error) {
      throw this.storeErrorOf(error);
    } finally {
      await this.writer.close();
    }
  }

  /** Fills the encoder with one line an effect; gives the revision of the last. */
  private encode(transactions: readonly TransactionEffects[]): number {
    const { encoder } = this;
    const { group } = this.writer;
    encoder.reset();
    let revision = 0;
    for (const { atomic, effects } of transactions) {
      const lines = atomic && effects.length > 1 ? effects.length : 0;
      let line = 0;
      for (const effect of effects) {
        if (lines > 0) line++;
        if (effect.type === 'set') {
          const { key, value, expiresAt, updatedAt } = effect.entry;
          revision = effect.entry.revision;
          encoder.encodeSet(key, value, expiresAt, updatedAt, undefined, revision, group, line, lines);
        } else {
          revision = effect.revision;
          encoder.encodeDelete(effect.key, effect.at, revision, group, line, lines);
        }
      }
    }
    return revision;
  }

  private syncInBackground(): void {
    if (!this.unsynced || this.syncing !== undefined || this.failed) return;
    this.unsynced = false;
    this.syncing = this.writer.sync().then(
      () => (this.syncing = undefined),
      (error: unknown) => {
        this.syncing = undefined;
        this.storeErrorOf(error);
      },
    );
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
      return new DiskFullError(`${error.message}; nothing was changed`, { cause: error });
    if (error instanceof Error)
      return new StoreUnavailableError(`${error.message}; nothing was changed`, { cause: error });
    return new StoreUnavailableError(String(error));
  }
}
