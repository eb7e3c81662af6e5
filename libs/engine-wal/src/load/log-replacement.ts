import type { Entry } from '@kvasir/kv-core';
import { CompactionWriter, LogFullError, type LogFileSystem } from '@kvasir/wal';

import type { CommitLoop } from '../commit-loop.js';
import type { Compactor } from '../compaction/compactor.js';
import type { LogGroupWriter } from '../log-group-writer.js';
import { SPARE_BYTES } from '../spare-space.js';
import type { Replacement } from './replacement.js';

/** The disk is asked for its space after each so many bytes. */
const CHECK_BYTES = 4 * 1024 * 1024;
/** So little that the log's own syncs, which wait for the same disk, hardly notice. */
const WRITE_BYTES = 64 * 1024;
/** Where a write is not on disk by itself. */
const SYNC_BYTES = 1024 * 1024;

/** What a replacement of a store with a log works on. */
export interface LogReplacementOptions {
  readonly loop: CommitLoop;
  readonly log: LogGroupWriter;
  readonly compactor: Compactor;
  readonly fileSystem: LogFileSystem;
  /** Path of the log. */
  readonly path: string;
  /** The folder that it is in. */
  readonly directory: string;
}

/**
 * A replacement of a store with a log: the entries are written as a compacted part, to a file beside the log that is renamed over it at the end (docs/wal-format.md, "A load"). Until then the log is
 * as it was, and a start removes what a load that was cut off has left.
 */
export class LogReplacement implements Replacement {
  /** Bytes of the file at which the disk is asked next. */
  private checkAt = 0;

  private constructor(
    private readonly options: LogReplacementOptions,
    private readonly file: CompactionWriter,
  ) {}

  static async begin(options: LogReplacementOptions): Promise<LogReplacement> {
    const { log, fileSystem, path } = options;
    return new LogReplacement(options, await log.onLoad(() => CompactionWriter.create(fileSystem, path, 'load')));
  }

  async add(entries: readonly Entry[]): Promise<void> {
    const { file } = this;
    await this.options.log.onLoad(async () => {
      for (const { key, value, expiresAt, updatedAt, createdAt, revision } of entries) {
        file.addEntry(key, value, expiresAt, updatedAt, createdAt, revision);
        if (file.pendingBytes < WRITE_BYTES) continue;
        // oxlint-disable-next-line no-await-in-loop -- what was encoded is written before more is
        await file.write();
      }
      await this.requireSpace();
      await file.sync(SYNC_BYTES);
    });
  }

  async install(revision: (before: number) => number, swap: () => void): Promise<number> {
    const { loop, log, compactor } = this.options;
    const { file } = this;
    await log.onLoad(async () => {
      await file.write();
      await file.sync();
    });
    return await compactor.withoutCompaction(() =>
      loop.between(async () => {
        const next = revision(loop.revision);
        await log.replaceBy(file, next);
        swap();
        loop.moveTo(next);
        return next;
      }),
    );
  }

  /** A disk that a load fills up refuses the writes that go on. */
  private async requireSpace(): Promise<void> {
    const { fileSystem, directory, path } = this.options;
    if (this.file.bytes < this.checkAt) return;
    this.checkAt = this.file.bytes + CHECK_BYTES;
    const free = (await fileSystem.freeBytes?.(directory)) ?? Infinity;
    if (free < SPARE_BYTES) throw new LogFullError(`${directory} has ${free} bytes free, too few for a load`, path);
  }

  async abandon(): Promise<void> {
    await this.file.abandon();
  }
}
