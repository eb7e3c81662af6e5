import { dirname, join } from 'node:path';
import { removeUnfinishedFiles } from './compaction-writer.js';
import { makeDurableDirectory } from './durable-directory.js';
import { LogSyncError, systemCodeOf } from './errors.js';
import type { LogFile, LogFileSystem } from './file-system.js';
import { nodeFileSystem } from './node-file-system.js';
import type { Preallocation } from './preallocation.js';
import type { LogVisitor } from './record.js';
import { readLog, type LogContents, type TornTail } from './recovery.js';
import { cutLog, saveTornTail } from './torn-tail.js';
import { LogWriter } from './writer.js';

/** The log's name in its folder. */
export const LOG_FILE_NAME = 'wal.log';

export interface OpenLogOptions {
  /** The log's folder; created, with those above it, if it is not there. The caller owns it: no other process writes to it meanwhile. */
  readonly directory: string;
  /** Gets every write of the log, in order. If opening fails it may have had some of them. */
  readonly visitor: LogVisitor;
  /** Called while reading with the bytes done and the bytes there are, about once a MiB. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Wall clock in milliseconds of Unix time; only names the copy of a torn tail. Default: `Date.now`. */
  readonly now?: () => number;
  /** Default: the real one. */
  readonly fileSystem?: LogFileSystem;
  /** How space is taken ahead, where the file system gains by it. Default: {@link PREALLOCATION}. */
  readonly preallocation?: Preallocation;
}

/** A torn tail that has been cut off. */
export interface SavedTornTail extends TornTail {
  /** Path of the file that holds what was cut. */
  readonly savedTo: string;
}

/** What opening a log found and did. */
export interface LogReport extends LogContents {
  /** Path of the log. */
  readonly path: string;
  /** Whether the log was created just now. */
  readonly created: boolean;
  readonly tornTail: SavedTornTail | undefined;
}

export interface OpenedLog {
  readonly report: LogReport;
  /** Stands at the log's end. Whoever opened the log closes it. */
  readonly writer: LogWriter;
}

/**
 * Opens `wal.log` in a folder: creates both if need be, replays the log into the visitor, saves and cuts a torn tail, cuts space that was taken ahead, removes what a
 * compaction or a load that was cut off has left, and syncs, so that all that was replayed is on disk before anything is appended.
 *
 * @throws LogCorruptError if the log is damaged by more than a torn tail; nothing is changed then
 * @throws LogFullError, LogWriteError, LogSyncError if a torn tail can not be saved and cut
 * @throws Node's errors of files that can not be opened or read
 */
export async function openLog(options: OpenLogOptions): Promise<OpenedLog> {
  const { directory, visitor, onProgress, now = Date.now, fileSystem = nodeFileSystem, preallocation } = options;
  const path = join(directory, LOG_FILE_NAME);
  await makeDurableDirectory(fileSystem, directory);
  const { file, created } = await openOrCreate(fileSystem, path);
  try {
    const contents = await readLog(file, path, visitor, { onProgress });
    const tornTail = contents.tornTail && (await removeTornTail(fileSystem, file, path, contents.tornTail, now()));
    if (tornTail === undefined && contents.blankBytes > 0) await cutLog(file, path, contents.bytes);
    await removeUnfinishedFiles(fileSystem, path);
    await syncAll(fileSystem, file, path);
    const report: LogReport = { ...contents, path, created, tornTail };
    return { report, writer: new LogWriter(file, path, contents, preallocation) };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function openOrCreate(fileSystem: LogFileSystem, path: string): Promise<{ file: LogFile; created: boolean }> {
  try {
    return { file: await fileSystem.open(path, 'update'), created: false };
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error;
  }
  return { file: await fileSystem.open(path, 'create'), created: true };
}

async function removeTornTail(
  fileSystem: LogFileSystem,
  file: LogFile,
  path: string,
  tornTail: TornTail,
  time: number,
): Promise<SavedTornTail> {
  const { cutOffset, cutBytes } = tornTail;
  const savedTo = await saveTornTail(fileSystem, file, path, cutOffset, cutOffset + cutBytes, time);
  await cutLog(file, path, cutOffset);
  return { ...tornTail, savedTo };
}

/** The file may have been created by a run that ended before its name was on disk, so the folder is synced every time. */
async function syncAll(fileSystem: LogFileSystem, file: LogFile, path: string): Promise<void> {
  try {
    await file.sync();
    await fileSystem.syncDirectory(dirname(path));
  } catch (error) {
    throw new LogSyncError(path, error);
  }
}
