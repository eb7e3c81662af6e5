import { LineEncoder } from './encoder.js';
import { LogSyncError, LogWriteError, reasonOf, writeErrorOf } from './errors.js';
import type { LogFile } from './file-system.js';
import { writeAll } from './write-all.js';

const NEWLINE = Buffer.from('\n');

/** Where an opened log ends. */
export interface LogPosition {
  /** Bytes of the file, all of them on disk. */
  readonly bytes: number;
  /** The last revision in it. */
  readonly lastSeq: number;
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
  private appending = false;
  private closed = false;
  private fatal: LogWriteError | LogSyncError | undefined;

  /**
   * @param file the log, opened to read and write, read to its end and synced
   * @param path only for error texts
   */
  constructor(
    private readonly file: LogFile,
    readonly path: string,
    position: LogPosition,
  ) {
    this.end = position.bytes;
    this.writtenSeq = position.lastSeq;
    this.syncedSeq = position.lastSeq;
    this.newlineOwed = position.newlineOwed;
  }

  /** Bytes of the log: the end of its last whole line. */
  get size(): number {
    return this.end;
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
    this.refuseIfUnusable();
    if (this.appending) throw new Error('The log takes one append at a time');
    this.appending = true;
    try {
      await this.write(lines);
      // A sync that failed meanwhile leaves it open whether these bytes will ever be on disk.
      if (this.fatal !== undefined) throw this.fatal;
      this.writtenSeq = lastSeq;
    } finally {
      this.appending = false;
    }
  }

  /**
   * Waits until all that has been appended when this is called is on disk (`fdatasync`).
   *
   * @throws LogSyncError, after which the log takes nothing more: a failed sync is never tried again
   */
  async sync(): Promise<void> {
    this.refuseIfUnusable();
    const covered = this.writtenSeq;
    await this.runSync(() => this.file.datasync());
    this.syncedSeq = Math.max(this.syncedSeq, covered);
  }

  /**
   * Ends the log cleanly: syncs, appends a seal, and syncs that. An empty log stays empty.
   *
   * @param timestamp milliseconds of Unix time
   */
  async seal(timestamp: number): Promise<void> {
    await this.sync();
    if (this.end === 0) return;
    this.sealEncoder.reset();
    this.sealEncoder.encodeSeal(timestamp, this.writtenSeq);
    await this.append(this.sealEncoder.bytes(), this.writtenSeq);
    await this.sync();
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

  private async write(lines: Uint8Array): Promise<void> {
    const bytes = this.newlineOwed ? Buffer.concat([NEWLINE, lines]) : lines;
    try {
      await writeAll(this.file, bytes, bytes.length, this.end);
    } catch (error) {
      const failure = writeErrorOf(this.path, error);
      await this.cutBack(failure);
      throw failure;
    }
    this.end += bytes.length;
    this.newlineOwed = false;
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
    await this.runSync(() => this.file.sync());
    this.syncedSeq = this.writtenSeq;
  }

  private async runSync(sync: () => Promise<void>): Promise<void> {
    try {
      await sync();
    } catch (error) {
      this.fatal ??= new LogSyncError(this.path, error);
    }
    // Of two syncs side by side the first failure counts for both.
    if (this.fatal !== undefined) throw this.fatal;
  }
}
