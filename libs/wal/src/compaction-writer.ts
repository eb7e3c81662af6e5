import { dirname } from 'node:path';
import { LineEncoder } from './encoder.js';
import { LogSyncError, LogWriteError, reasonOf, systemCodeOf, writeErrorOf } from './errors.js';
import type { LogFile, LogFileSystem } from './file-system.js';
import { writeAll, writeAllBy } from './write-all.js';

const COPY_BYTES = 64 * 1024;

/** What a log's name has behind it while the file that is to take its place is written: by a compaction, and by a load, which may go on beside it. */
const SUFFIXES = { compaction: '.compact', load: '.load' } as const;

/** Where a compaction starts: what the log held then is what the compacted part has to hold. */
export interface CompactionStart {
  /** The last revision of that log. The compacted part's seal names it, and the first line behind the seal has the next one. */
  readonly lastSeq: number;
  /** Bytes of that log: what is appended to it from here on has to be copied behind the seal. */
  readonly bytes: number;
}

/** The file that takes the log's place. */
export interface CompactedLog {
  /** Open to read and write. */
  readonly file: LogFile;
  /** Its length, all of it on disk. */
  readonly bytes: number;
}

/**
 * Writes the file that takes a log's place: the live entries, their seal, what was appended to the log meanwhile, one more seal; then the
 * file is synced and renamed over the log. Until then the log is as it was, and whatever goes wrong leaves it so: call `abandon`.
 *
 * In this order: `addEntry` and `write` as often as need be, `endEntries`, `copy` as often as need be, `install`. One call at a time.
 */
export class CompactionWriter {
  private readonly encoder = new LineEncoder();
  private entryCount = 0;
  private end = 0;
  private unsynced = 0;
  private closed = false;

  private constructor(
    private readonly fileSystem: LogFileSystem,
    private readonly file: LogFile,
    private readonly path: string,
    private readonly logPath: string,
  ) {}

  /**
   * Creates the new file beside the log, in place of one that an earlier attempt has left.
   *
   * @param logPath the log that is to be replaced
   * @param purpose whose file it is; each has one at a time
   * @throws LogWriteError, LogFullError
   */
  static async create(
    fileSystem: LogFileSystem,
    logPath: string,
    purpose: keyof typeof SUFFIXES = 'compaction',
  ): Promise<CompactionWriter> {
    const path = logPath + SUFFIXES[purpose];
    try {
      await remove(fileSystem, path);
      const file = await fileSystem.open(path, 'create');
      const writer = new CompactionWriter(fileSystem, file, path, logPath);
      try {
        await fileSystem.keepAttributes?.(logPath, path);
      } catch (error) {
        await writer.abandon();
        throw error;
      }
      return writer;
    } catch (error) {
      throw error instanceof LogWriteError ? error : writeErrorOf(path, error);
    }
  }

  /** Entries added so far. */
  get entries(): number {
    return this.entryCount;
  }

  /** Bytes that were added and not written yet. */
  get pendingBytes(): number {
    return this.encoder.length;
  }

  /** Bytes written so far. */
  get bytes(): number {
    return this.end;
  }

  /**
   * Adds a live entry; each key once, in any order. Nothing is written yet.
   *
   * @param expiresAt whole milliseconds of Unix time, or `Infinity` for never
   * @param updatedAt when the entry was last written, whole milliseconds
   * @param createdAt when its key came into being, whole milliseconds
   * @param revision of its last write, 1 or more
   */
  addEntry(
    key: string,
    value: string,
    expiresAt: number,
    updatedAt: number,
    createdAt: number,
    revision: number,
  ): void {
    this.encoder.encodeSet(
      key,
      value,
      expiresAt,
      updatedAt,
      createdAt === updatedAt ? undefined : createdAt,
      revision,
      0,
    );
    this.entryCount++;
  }

  /** Writes what was added. */
  async write(): Promise<void> {
    const { encoder } = this;
    if (encoder.length === 0) return;
    await this.append(encoder.bytes(), encoder.length);
    encoder.reset();
  }

  /**
   * Writes what was added, and the seal that closes the compacted part.
   *
   * @param timestamp milliseconds of Unix time: what had expired by then may have been left out
   * @param lastSeq the last revision that was given out when the entries were taken; 0 if none was
   */
  async endEntries(timestamp: number, lastSeq: number): Promise<void> {
    this.encoder.encodeSeal(timestamp, lastSeq, this.entryCount);
    await this.write();
  }

  /**
   * Copies lines as they are from the log that is to be replaced. They must follow the seal, or what was copied before, seq by seq.
   *
   * @param from offset of the first line in `log`
   * @param to offset behind the last line
   */
  async copy(log: LogFile, from: number, to: number): Promise<void> {
    const buffer = Buffer.allocUnsafeSlow(Math.min(COPY_BYTES, to - from));
    for (let at = from; at < to;) {
      // One piece after the other, through one buffer.
      /* oxlint-disable no-await-in-loop */
      const count = await log.read(buffer, 0, Math.min(buffer.length, to - at), at);
      if (count === 0)
        throw new LogWriteError(`The log ended at byte ${at} of ${to} while it was copied`, this.logPath);
      await this.append(buffer, count);
      /* oxlint-enable no-await-in-loop */
      at += count;
    }
  }

  /**
   * Syncs what was written so far and is not on disk yet, if that is at least `atLeast` bytes: now and then, so that the last sync, which writes wait for, has
   * little left to do.
   */
  async sync(atLeast = 1): Promise<void> {
    if (this.unsynced < atLeast) return;
    this.unsynced = 0;
    await this.orWriteError(() => this.file.datasync());
  }

  /**
   * Puts the file in the log's place: seals it, syncs it, renames it over the log and syncs the folder. Nothing may be appended to the log
   * meanwhile.
   *
   * @param timestamp milliseconds of Unix time, for the seal
   * @param lastSeq the last revision in the file
   * @throws LogWriteError, LogFullError: the log is in its place as it was; `abandon` is to be called
   * @throws LogSyncError when nobody knows which of the two files a power cut would leave under the log's name: neither may be written to
   */
  async install(timestamp: number, lastSeq: number): Promise<CompactedLog> {
    const { encoder, file, fileSystem, path, logPath } = this;
    encoder.encodeSeal(timestamp, lastSeq);
    await this.write();
    await this.orWriteError(() => file.sync());
    await this.rename();
    try {
      await fileSystem.syncDirectory(dirname(path));
    } catch (error) {
      throw new LogSyncError(logPath, error);
    }
    this.closed = true;
    return { file, bytes: this.end };
  }

  /** Gives the new file up and removes it. A file that can not be removed now is removed by the next start or attempt. */
  async abandon(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.file.close().catch(ignore);
    await this.fileSystem.unlink(this.path).catch(ignore);
  }

  private async rename(): Promise<void> {
    try {
      await this.fileSystem.rename(this.path, this.logPath);
    } catch (error) {
      // An error need not mean that nothing was done, and lines appended to a file that has lost its name would be gone.
      if (await this.hasKeptItsName()) throw writeErrorOf(this.path, error);
      throw new LogSyncError(this.logPath, error);
    }
  }

  private async hasKeptItsName(): Promise<boolean> {
    try {
      const file = await this.fileSystem.open(this.path, 'read');
      await file.close();
      return true;
    } catch {
      return false;
    }
  }

  /** Where it can, each piece goes to the disk by itself: a sync of many would keep those of the log waiting for all of them. */
  private async append(bytes: Uint8Array, length: number): Promise<void> {
    const { file, end } = this;
    await this.orWriteError(async () => {
      if (file.writeDurably === undefined) {
        await writeAll(file, bytes, length, end);
        this.unsynced += length;
      } else {
        await writeAllBy((...piece) => file.writeDurably!(...piece), bytes, length, end);
      }
    });
    this.end += length;
  }

  /** A failed sync of a file that is not the log yet costs nothing but that file. */
  private async orWriteError(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw writeErrorOf(this.path, error);
    }
  }
}

/**
 * Removes the files that a compaction and a load leave when they are cut off. No log is lost with them: until it is renamed the log is whole.
 *
 * @throws LogWriteError if one is there and can not be removed
 */
export async function removeUnfinishedFiles(fileSystem: LogFileSystem, logPath: string): Promise<void> {
  // oxlint-disable-next-line no-await-in-loop -- two, and usually neither is there
  for (const suffix of Object.values(SUFFIXES)) await remove(fileSystem, logPath + suffix);
}

async function remove(fileSystem: LogFileSystem, path: string): Promise<void> {
  try {
    await fileSystem.unlink(path);
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') {
      throw new LogWriteError(
        `The file ${path}, left by a compaction or a load that was cut off, can not be removed: ${reasonOf(error)}`,
        path,
        { cause: error },
      );
    }
  }
}

function ignore(): void {}
