import { dirname } from 'node:path';
import { LogSyncError, systemCodeOf, writeErrorOf } from './errors.js';
import type { LogFile, LogFileSystem } from './file-system.js';
import { writeAll } from './write-all.js';

const COPY_BYTES = 1024 * 1024;

/**
 * Copies the file's bytes from `from` to `size` to `<path>.torn-<time>` and syncs the copy and its name. Never overwrites a file.
 *
 * @param time in milliseconds of Unix time, for the name
 * @returns the copy's path
 * @throws LogWriteError or LogFullError; the log is unchanged then, and no part of a copy is left if it can be removed
 */
export async function saveTornTail(
  fileSystem: LogFileSystem,
  file: LogFile,
  path: string,
  from: number,
  size: number,
  time: number,
): Promise<string> {
  const { copy, copyPath } = await createCopy(fileSystem, path, time);
  try {
    try {
      await copyRange(file, copy, from, size);
      await copy.sync();
    } finally {
      await copy.close();
    }
    await fileSystem.syncDirectory(dirname(path));
  } catch (error) {
    // The error that matters is the first one; a part of a copy that stays does no harm.
    await fileSystem.unlink(copyPath).catch(() => undefined);
    throw writeErrorOf(copyPath, error);
  }
  return copyPath;
}

/**
 * Cuts the log to `length` bytes and syncs it.
 *
 * @throws LogWriteError, LogFullError or LogSyncError; the next start finds either the whole tail or none of it
 */
export async function cutLog(file: LogFile, path: string, length: number): Promise<void> {
  try {
    await file.truncate(length);
  } catch (error) {
    throw writeErrorOf(path, error);
  }
  try {
    await file.sync();
  } catch (error) {
    throw new LogSyncError(path, error);
  }
}

/** `2023-11-14T22-13-20.250Z`: a colon is no character for a file's name everywhere. */
function fileNameTime(time: number): string {
  return new Date(time).toISOString().replaceAll(':', '-');
}

async function createCopy(
  fileSystem: LogFileSystem,
  path: string,
  time: number,
): Promise<{ copy: LogFile; copyPath: string }> {
  const name = `${path}.torn-${fileNameTime(time)}`;
  for (let attempt = 1; ; attempt++) {
    const copyPath = attempt === 1 ? name : `${name}-${attempt}`;
    try {
      // Each name is only tried once the one before it is known to be taken.
      // oxlint-disable-next-line no-await-in-loop
      return { copy: await fileSystem.open(copyPath, 'create'), copyPath };
    } catch (error) {
      if (systemCodeOf(error) !== 'EEXIST') throw writeErrorOf(copyPath, error);
    }
  }
}

/* oxlint-disable no-await-in-loop -- one piece after the other, through one buffer */
async function copyRange(source: LogFile, target: LogFile, from: number, to: number): Promise<void> {
  const buffer = Buffer.allocUnsafeSlow(Math.min(COPY_BYTES, to - from));
  let position = from;
  while (position < to) {
    const count = await source.read(buffer, 0, Math.min(buffer.length, to - position), position);
    if (count === 0) throw new Error(`The file ended at byte ${position} of ${to}`);
    await writeAll(target, buffer, count, position - from);
    position += count;
  }
}
