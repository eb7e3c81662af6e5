import { setTimeout as delay } from 'node:timers/promises';
import { isExpired, type Clock } from '@kvasir/kv-core';
import { CompactionWriter, LogFullError, type LogFileSystem } from '@kvasir/wal';

import type { CommitLoop } from '../commit-loop.js';
import type { LogGroupWriter } from '../log-group-writer.js';
import { SPARE_BYTES } from '../spare-space.js';
import type { OrderedTable } from '../table/ordered-table.js';

/** How long one slice keeps requests waiting, about: the time of a few of them. */
const SLICE_MS = 0.5;
/** Looking at the clock costs as much as an entry, so it is done now and then. */
const SLOTS_A_LOOK = 32;
/** Between two slices, so that at most a third of the processor goes to compaction. */
const PAUSE_MS = 1;
/** So little that the log's own syncs, which wait for the same disk, hardly notice. */
const WRITE_BYTES = 64 * 1024;
/** Where a write is not on disk by itself. */
const SYNC_BYTES = 1024 * 1024;
/** What may be left to copy when writes are held up for the switch. */
const LAST_COPY_BYTES = 64 * 1024;
/** Writes that come faster than they can be copied are held up all the same after so many rounds. */
const COPY_ROUNDS = 50;

/** What a run works on. */
export interface CompactionRunOptions {
  readonly table: OrderedTable;
  readonly loop: CommitLoop;
  readonly log: LogGroupWriter;
  readonly clock: Clock;
  readonly fileSystem: LogFileSystem;
  /** Path of the log. */
  readonly path: string;
  /** The log's folder. */
  readonly directory: string;
  /** What the new file will take, about. */
  readonly expectedBytes: number;
  /** Ends the run early; the log then stays as it is. */
  readonly signal: AbortSignal;
}

/** What a run came to. */
export interface CompactionResult {
  readonly entries: number;
  /** Bytes of the compacted part alone, without what was written meanwhile. */
  readonly entryBytes: number;
  readonly pauseMilliseconds: number;
}

/**
 * One compaction, while reads and writes go on.
 *
 * The compacted part is the store as it was between two groups, at revision R: entries whose revision is at most R when the scan gets to them. An entry that was overwritten or deleted
 * before that is left out, and the line that did it, being after R, is among those that are copied behind the part's seal; an entry that is overwritten later is in the part, and the line behind
 * it as well. Either way a replay ends with what the table holds.
 */
export class CompactionRun {
  private visited = 0;

  constructor(private readonly options: CompactionRunOptions) {}

  /** How much of the table has been written, 0 to 1. */
  get progress(): number {
    const { slotEnd } = this.options.table;
    return slotEnd === 0 ? 0 : Math.min(this.visited / slotEnd, 1);
  }

  /**
   * @throws WriteFailedError when the log can take nothing more; any other error: the log is as it was, and goes on
   */
  async run(): Promise<CompactionResult> {
    const { loop, log, fileSystem, path } = this.options;
    await this.requireSpace();
    const start = await loop.between(() => log.beginCompaction());
    try {
      const file = await CompactionWriter.create(fileSystem, path);
      try {
        return await this.write(file, start.lastSeq, start.bytes);
      } catch (error) {
        await file.abandon();
        throw error;
      }
    } finally {
      log.endCompaction();
    }
  }

  /** A disk that compaction fills up refuses the writes that go on. */
  private async requireSpace(): Promise<void> {
    const { fileSystem, directory, path, expectedBytes } = this.options;
    const free = (await fileSystem.freeBytes?.(directory)) ?? Infinity;
    const needed = Math.ceil(expectedBytes * 1.1) + SPARE_BYTES;
    if (free < needed) {
      throw new LogFullError(
        `compacting the log needs about ${needed} bytes beside it, and ${directory} has ${free} free`,
        path,
      );
    }
  }

  private async write(file: CompactionWriter, lastSeq: number, from: number): Promise<CompactionResult> {
    const { loop, log, clock, signal } = this.options;
    await this.writeEntries(file, lastSeq);
    await file.endEntries(clock.now(), lastSeq);
    const { entries, bytes: entryBytes } = file;
    const copied = await this.catchUp(file, from);
    const pauseMilliseconds = await loop.between(async () => {
      signal.throwIfAborted();
      const begin = performance.now();
      await log.switchTo(file, copied);
      return performance.now() - begin;
    });
    return { entries, entryBytes, pauseMilliseconds };
  }

  private async writeEntries(file: CompactionWriter, lastSeq: number): Promise<void> {
    const { signal } = this.options;
    for (let next: number | undefined = 0; next !== undefined;) {
      signal.throwIfAborted();
      next = this.slice(file, next, lastSeq);
      // One slice after the other is the point.
      /* oxlint-disable no-await-in-loop */
      if (file.pendingBytes >= WRITE_BYTES) {
        await file.write();
        await file.sync(SYNC_BYTES);
      }
      await delay(PAUSE_MS);
      /* oxlint-enable no-await-in-loop */
    }
  }

  /** Adds entries for a while; gives where to go on, undefined at the end. */
  private slice(file: CompactionWriter, from: number, lastSeq: number): number | undefined {
    const { table, clock } = this.options;
    const now = clock.now();
    const end = performance.now() + SLICE_MS;
    let next: number | undefined = from;
    do {
      next = table.scan(next, SLOTS_A_LOOK, (entry) => {
        const { key, value, expiresAt, updatedAt, createdAt, revision } = entry;
        if (revision <= lastSeq && !isExpired(expiresAt, now)) {
          file.addEntry(key, value, expiresAt, updatedAt, createdAt, revision);
        }
      });
    } while (next !== undefined && file.pendingBytes < WRITE_BYTES && performance.now() < end);
    this.visited = next ?? table.slotEnd;
    return next;
  }

  /** Copies what was written meanwhile until little is left, and syncs it, so that writes are held up for a moment only. Gives where it stopped. */
  private async catchUp(file: CompactionWriter, from: number): Promise<number> {
    const { log, signal } = this.options;
    let copied = from;
    for (let round = 0; round < COPY_ROUNDS; round++) {
      signal.throwIfAborted();
      const before = copied;
      // Each round copies what came during the one before.
      /* oxlint-disable no-await-in-loop */
      copied = await log.copyTo(file, copied);
      await file.sync();
      /* oxlint-enable no-await-in-loop */
      if (copied - before <= LAST_COPY_BYTES) break;
    }
    return copied;
  }
}
