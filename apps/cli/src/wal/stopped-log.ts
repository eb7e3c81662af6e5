import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { DirectoryLock, LOCK_FILE_NAME } from '@kvasir/engine-wal';
import { LOG_FILE_NAME, nodeFileSystem, type LogFile } from '@kvasir/wal';
import { CommandError } from '../command-error.js';
import { codeOf } from '../system-code.js';

/** How a command is going to use a log. */
export type Use = 'change' | 'look' | 'look without lock';

/** A log that no service uses while a command does. */
export interface StoppedLog {
  readonly directory: string;
  /** Path of `wal.log`. */
  readonly path: string;
  /** Open to read. */
  readonly file: LogFile;
}

/**
 * Runs `work` on the log of a data directory, which is locked meanwhile as the service would lock it. To look at a log nothing is created: a directory without a lock file has no owner.
 *
 * @throws CommandError when there is no log
 * @throws DataDirLockedError when a service, or another command, has the directory
 */
export async function withStoppedLog<T>(
  directory: string,
  use: Use,
  work: (log: StoppedLog) => Promise<T>,
): Promise<T> {
  const path = await requireLog(directory);
  const lock = await lockFor(directory, use);
  try {
    const file = await nodeFileSystem.open(path, 'read');
    try {
      return await work({ directory, path, file });
    } finally {
      await file.close();
    }
  } finally {
    await lock?.release();
  }
}

/**
 * The path of a data directory's log.
 *
 * @throws CommandError when there is none
 */
export async function requireLog(directory: string): Promise<string> {
  const path = join(directory, LOG_FILE_NAME);
  if (await exists(path)) return path;
  throw new CommandError(
    (await exists(directory))
      ? `there is no ${LOG_FILE_NAME} in ${directory}; give the service's data directory (DATA_DIR)`
      : `there is no directory ${directory}; give the service's data directory (DATA_DIR)`,
  );
}

async function lockFor(directory: string, use: Use): Promise<DirectoryLock | undefined> {
  if (use === 'look without lock') return undefined;
  if (use === 'look' && !(await exists(join(directory, LOCK_FILE_NAME)))) return undefined;
  try {
    return await DirectoryLock.acquire(directory);
  } catch (error) {
    // Nothing writes to a file system that is mounted to be read only.
    if (use === 'look' && codeOf(error) === 'EROFS') return undefined;
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '')) return false;
    throw error;
  }
}
