import type { CompactedLog, CompactionStart, CompactionWriter } from './compaction-writer.js';
import { LineEncoder } from './encoder.js';
import { LogFullError, LogSyncError, LogWriteError, reasonOf, writeErrorOf } from './errors.js';
import type { LogFile } from './file-system.js';
import { PREALLOCATION, PreallocatedSpace, type Preallocation } from './preallocation.js';
import { writeAll, writeAllBy } from './write-all.js';

const NEWLINE = Buffer.from('\n');

/** Where an opened log ends. */
export interface LogPosition {
  /** Bytes of the file, all of them on disk. */
  readonly bytes: number;
  /** The last revision in it. */
  readonly lastSeq: number;
  /** Whether a line of ours is in it. */
  readonly hasOwnLines: boolean;
  /** Whether the last line still lacks its newline. */
  readonly newlineOwed: boolean;
}

/**
 * Appends to the log. One `append` at a time; a `sync` may run beside it. After any error the file holds whole lines only,
 * or the writer refuses everything from then on (`failure`).
 */
export class LogWriter {
  private readonly sealEncoder = new LineEncoder();
  private end: number;
  private writtenSeq: number;
  private syncedSeq: number;
  private newlineOwed: boolean;
  private hasOwnLines: boolean;
  private appending = false;
  private syncsUnderWay = 0;
  private closed = false;
  private fatal: LogWriteError | LogSyncError | undefined;
  private readonly space: PreallocatedSpace;

  /**
   * @param file the log, opened to read and write, read to its end and synced
   * @param path only for error texts
   * @param position where its lines end, which is where the file ends
   * @param preallocation where `appendDurably` has a call of the file system's and overwrites in place
   */
  constructor(
    private file: LogFile,
    readonly path: string,
    position: LogPosition,
    preallocation: Preallocation = PREALLOCATION,
  ) {
    this.end = position.bytes;
    this.writtenSeq = position.lastSeq;
    this.syncedSeq = position.lastSeq;
    this.newlineOwed = position.newlineOwed;
    this.hasOwnLines = position.hasOwnLines;
    this.space = new PreallocatedSpace(preallocation);
  }

  /** Bytes of the log: the end of its last whole line. */
  get size(): number {
    return this.end;
  }

  /** Where a compaction that starts now finds the log. No append may be under way. */
  get compactionStart(): CompactionStart {
    return { lastSeq: this.writtenSeq, bytes: this.end + (this.newlineOwed ? NEWLINE.length : 0) };
  }

  /** Whether everything that was appended is on disk. */
  get synced(): boolean {
    return this.syncedSeq === this.writtenSeq;
  }

  /** The last revision that was appended. */
  get lastSeq(): number {
    return this.writtenSeq;
  }

  /**
   * What the lines that are encoded next must name as their group: the seq of the first line that no completed sync covers yet.
   * A line's group may be read before a sync that is under way completes, never after one that the line's append comes before.
   */
  get group(): number {
    return this.syncedSeq + 1;
  }

  /** Why nothing more is written: a failed sync, or a failed write that could not be cut back. Undefined while all is well. */
  get failure(): LogWriteError | LogSyncError | undefined {
    return this.fatal;
  }

  /**
   * Appends encoded lines with one write (more, if the file system writes short). Resolves when the operating system has them; they are
   * safe from a power cut only after the next `sync`.
   *
   * @param lines whole lines of ours, seq by seq, the first with `lastSeq + 1`; not to be changed until this settles
   * @param lastSeq the seq of the last of them
   * @throws LogFullError, LogWriteError: nothing of it is in the log, durably, and the next append may work
   * @throws LogSyncError, or the LogWriteError in `failure`: the log takes nothing more
   */
  async append(lines: Uint8Array, lastSeq: number): Promise<void> {
    await this.exclusively(async () => {
      const onDisk = !this.hasOwnLines && lastSeq === this.writtenSeq + 1;
      await this.write(lines);
      this.writtenSeq = lastSeq;
      if (onDisk) this.syncedSeq = lastSeq;
    });
  }

  /**
   * Appends encoded lines and waits until they are on disk: as `append` and `sync` do, with one call of the file system where it has one for both.
   *
   * @throws as they do. Where one call does both, an error other than of a full disk may be that of a failed sync, and is taken for one
   */
  async appendDurably(lines: Uint8Array, lastSeq: number): Promise<void> {
    // The one call makes nothing durable but what it writes itself.
    if (this.file.writeDurably === undefined || !this.synced) {
      await this.append(lines, lastSeq);
      await this.sync();
      return;
    }
    await this.exclusively(async () => {
      await this.write(lines, true);
      this.writtenSeq = lastSeq;
      this.syncedSeq = lastSeq;
    });
  }

  /**
   * Waits until all that has been appended when this is called is on disk (`fdatasync`).
   *
   * @throws LogSyncError, after which the log takes nothing more: a failed sync is never tried again
   */
  async sync(): Promise<void> {
    this.refuseIfUnusable();
    if (!this.synced) await this.syncWritten();
  }

  /**
   * Appends a seal and syncs it: from then on a reader knows that this time has come, and that all before the seal was on disk. An empty
   * log stays empty.
   *
   * @param timestamp milliseconds of Unix time
   * @throws as `append` and `sync` do; also when not everything is synced
   */
  async mark(timestamp: number): Promise<void> {
    if (this.end === 0) return;
    await this.exclusively(() => this.appendSeal(timestamp));
  }

  /**
   * Ends the log cleanly: syncs, gives back what was taken ahead, appends a seal, and syncs that. An empty log stays empty.
   *
   * @param timestamp milliseconds of Unix time
   */
  async seal(timestamp: number): Promise<void> {
    await this.sync();
    if (this.end === 0) return;
    await this.exclusively(async () => {
      await this.giveBackSpace();
      await this.appendSeal(timestamp);
    });
  }

  /**
   * Copies what was appended so far behind a compacted part.
   *
   * @param from offset of the first line to copy
   * @returns offset behind the last line that was copied
   */
  async copyTo(compaction: CompactionWriter, from: number): Promise<number> {
    this.refuseIfUnusable();
    const to = this.end;
    if (from < to) await compaction.copy(this.file, from, to);
    return Math.max(from, to);
  }

  /**
   * Goes on in the file that compaction wrote: copies what is still missing there and puts it in the log's place. No append or sync
   * may be under way.
   *
   * @param from offset of the first line that was not copied yet
   * @param timestamp milliseconds of Unix time
   * @throws LogWriteError, LogFullError: the log is as it was, and goes on as it was
   * @throws LogSyncError: the log takes nothing more
   */
  async switchTo(compaction: CompactionWriter, from: number, timestamp: number): Promise<void> {
    if (this.syncsUnderWay > 0) throw new Error('The log is not replaced while a sync is under way');
    await this.exclusively(async () => {
      await this.copyTo(compaction, from);
      await this.goOnIn(compaction, this.writtenSeq, timestamp);
    });
  }

  /**
   * Goes on in a file that holds other entries, those of a load: puts it in the log's place, with nothing of the log in it. No append or sync may be under way.
   *
   * @param lastSeq the last revision in it, which its seal names; not below `lastSeq`
   * @param timestamp milliseconds of Unix time
   * @throws as `switchTo` does
   */
  async replaceBy(load: CompactionWriter, lastSeq: number, timestamp: number): Promise<void> {
    if (this.syncsUnderWay > 0) throw new Error('The log is not replaced while a sync is under way');
    if (lastSeq < this.writtenSeq) {
      throw new RangeError(
        `The log has seq ${this.writtenSeq} already; one that ends with ${lastSeq} can't replace it`,
      );
    }
    await this.exclusively(() => this.goOnIn(load, lastSeq, timestamp));
  }

  /** Closes the file, as it is: neither sealed nor synced. Closing again does nothing. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.file.close();
  }

  private refuseIfUnusable(): void {
    if (this.fatal !== undefined) throw this.fatal;
    if (this.closed) throw new Error(`The log ${this.path} is closed`);
  }

  private async exclusively(work: () => Promise<void>): Promise<void> {
    this.refuseIfUnusable();
    if (this.appending) throw new Error('The log takes one append at a time');
    this.appending = true;
    try {
      await work();
    } finally {
      this.appending = false;
    }
  }

  private async appendSeal(timestamp: number): Promise<void> {
    if (!this.synced) throw new Error('A seal says that all before it is on disk, and that is not so yet');
    this.sealEncoder.reset();
    this.sealEncoder.encodeSeal(timestamp, this.writtenSeq);
    await this.write(this.sealEncoder.bytes());
    await this.syncWritten();
  }

  private async syncWritten(): Promise<void> {
    const covered = this.writtenSeq;
    await this.runSync(() => this.file.datasync());
    this.syncedSeq = Math.max(this.syncedSeq, covered);
  }

  private async goOnIn(next: CompactionWriter, lastSeq: number, timestamp: number): Promise<void> {
    const { file, bytes } = await this.install(next, lastSeq, timestamp);
    const old = this.file;
    this.file = file;
    this.space.isGone();
    this.end = bytes;
    this.writtenSeq = lastSeq;
    this.syncedSeq = lastSeq;
    this.newlineOwed = false;
    this.hasOwnLines = true;
    // Nobody needs the old file, nor knows it by a name any more.
    void (old.discard?.() ?? old.close()).catch(() => undefined);
  }

  private async install(next: CompactionWriter, lastSeq: number, timestamp: number): Promise<CompactedLog> {
    try {
      return await next.install(timestamp, lastSeq);
    } catch (error) {
      if (error instanceof LogSyncError) this.fatal ??= error;
      throw error;
    }
  }

  /**
   * The first line of ours that a log gets is synced before anything follows it. So a power cut never leaves several damaged lines and
   * nothing else of ours: that could as well be another program's log gone bad, and would be refused.
   *
   * @param durably whether all of them are to be on disk when this resolves
   */
  private async write(lines: Uint8Array, durably = false): Promise<void> {
    const bytes = this.newlineOwed ? Buffer.concat([NEWLINE, lines]) : lines;
    let written = 0;
    if (!this.hasOwnLines) {
      written = bytes.indexOf(NEWLINE[0]!, this.newlineOwed ? 1 : 0) + 1;
      await this.writeOrCutBack(bytes.subarray(0, written), this.end, durably);
      if (!durably) await this.runSync(() => this.file.datasync());
    }
    if (written < bytes.length) {
      const rest = bytes.subarray(written);
      if (durably && written === 0) await this.writeWithSpace(rest);
      else await this.writeOrCutBack(rest, this.end + written, durably);
    }
    // A sync that failed meanwhile leaves it open whether these bytes will ever be on disk.
    if (this.fatal !== undefined) throw this.fatal;
    this.end += bytes.length;
    this.space.add(bytes.length);
    this.newlineOwed = false;
    this.hasOwnLines = true;
  }

  /** Writes durably at the end of the lines and takes space ahead when there is none left, in the same call. */
  private async writeWithSpace(lines: Uint8Array): Promise<void> {
    const { space, end } = this;
    const padded = this.file.overwritesInPlace === true ? space.padded(lines, end) : undefined;
    if (padded !== undefined) {
      try {
        await this.writeOrCutBack(padded, end, true);
        space.endsAt(end + padded.length);
        return;
      } catch (error) {
        // The lines alone may still find room.
        if (!(error instanceof LogFullError)) throw error;
        space.wasRefused();
      }
    }
    await this.writeOrCutBack(lines, end, true);
  }

  private async giveBackSpace(): Promise<void> {
    if (!this.space.isBehind(this.end)) return;
    try {
      await this.file.truncate(this.end);
      this.space.isGone();
    } catch {
      // Blank bytes do no harm, and the next start gives them back.
    }
  }

  private async writeOrCutBack(bytes: Uint8Array, position: number, durably: boolean): Promise<void> {
    const { file } = this;
    try {
      if (durably) await writeAllBy((...piece) => file.writeDurably!(...piece), bytes, bytes.length, position);
      else await writeAll(file, bytes, bytes.length, position);
    } catch (error) {
      const failure = writeErrorOf(this.path, error);
      // It may have been the sync that failed. One that failed for want of space fails again when the cut is synced.
      if (durably && !(failure instanceof LogFullError)) throw (this.fatal ??= new LogSyncError(this.path, error));
      await this.cutBack(failure);
      throw failure;
    }
  }

  /**
   * Takes away what a failed write has left, or the next line would glue to it. The cut is synced: the writes are about to be refused, and
   * must not come back after a power cut.
   */
  private async cutBack(failure: LogWriteError): Promise<void> {
    try {
      await this.file.truncate(this.end);
    } catch (error) {
      this.fatal = new LogWriteError(
        `${failure.message}. What was left of it could not be cut off either: ${reasonOf(error)}. ` +
          'Nothing more is written until it is opened again.',
        this.path,
        { cause: failure },
      );
      throw this.fatal;
    }
    this.space.isGone();
    await this.runSync(() => this.file.sync());
    this.syncedSeq = this.writtenSeq;
  }

  private async runSync(sync: () => Promise<void>): Promise<void> {
    this.syncsUnderWay++;
    try {
      await sync();
    } catch (error) {
      this.fatal ??= new LogSyncError(this.path, error);
    } finally {
      this.syncsUnderWay--;
    }
    // Of two syncs side by side the first failure counts for both.
    if (this.fatal !== undefined) throw this.fatal;
  }
}
