import { constants } from 'node:fs';
import { copyFile, link, open, unlink } from 'node:fs/promises';
import { nodeFileSystem, RepairedLogWriter, salvageLog, type LogFile, type Salvaged } from '@kvasir/wal';
import { CommandError } from '../command-error.js';
import { codeOf } from '../system-code.js';
import { paced } from './paced-file.js';
import type { StoppedLog } from './stopped-log.js';

/** What the new log is called until it is whole and on disk. */
const SUFFIX = '.repair';

/**
 * Puts what can be salvaged from a damaged log in its place. The damaged file keeps its bytes under a name of its own; until the new one is whole and on disk the log is as it was, and what
 * a repair that was cut off leaves is removed by the next one.
 *
 * @param expected what an earlier look found
 * @param now Unix milliseconds, for the backup's name
 * @returns the backup's path
 */
export async function replaceBySalvage(
  { directory, path, file }: StoppedLog,
  expected: Salvaged,
  now: number,
  onProgress: (done: number, total: number) => void,
): Promise<string> {
  const newPath = path + SUFFIX;
  await nodeFileSystem.unlink(newPath).catch(ignoreMissing);
  const target = await nodeFileSystem.open(newPath, 'create');
  try {
    await nodeFileSystem.keepAttributes?.(path, newPath);
    await writeSalvage(file, target, expected, onProgress);
  } catch (error) {
    await nodeFileSystem.unlink(newPath).catch(ignoreMissing);
    throw error;
  } finally {
    await target.close();
  }
  const backup = await keepBackup(path, now);
  await nodeFileSystem.syncDirectory(directory);
  await nodeFileSystem.rename(newPath, path);
  await nodeFileSystem.syncDirectory(directory);
  return backup;
}

async function writeSalvage(
  source: LogFile,
  target: LogFile,
  expected: Salvaged,
  onProgress: (done: number, total: number) => void,
): Promise<void> {
  const writer = new RepairedLogWriter(target);
  // What one chunk of the damaged log gave is written before the next is read.
  const sink = { keep: writer.add.bind(writer), drop: () => undefined, missing: () => undefined };
  const { kept, lastSeq, lastTimestamp } = await salvageLog(
    paced(source, () => writer.flush()),
    sink,
    { onProgress },
  );
  if (kept !== expected.kept || lastSeq !== expected.lastSeq) {
    throw new CommandError('the log has changed meanwhile; nothing was done');
  }
  await writer.finish(lastSeq, lastTimestamp);
}

/** Gives the damaged file a second name, or copies it where a file can have one name only. Never overwrites a file. */
async function keepBackup(path: string, now: number): Promise<string> {
  const name = `${path}.damaged-${new Date(now).toISOString().replaceAll(':', '-')}`;
  for (let attempt = 1; ; attempt++) {
    const backup = attempt === 1 ? name : `${name}-${attempt}`;
    try {
      // Each name is only tried once the one before it is known to be taken.
      // oxlint-disable-next-line no-await-in-loop
      await linkOrCopy(path, backup);
      return backup;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
  }
}

async function linkOrCopy(path: string, backup: string): Promise<void> {
  try {
    await link(path, backup);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw error;
    await copyDurably(path, backup);
  }
}

async function copyDurably(path: string, backup: string): Promise<void> {
  await copyFile(path, backup, constants.COPYFILE_EXCL);
  const copy = await open(backup, 'r+');
  try {
    await copy.sync();
  } catch (error) {
    await unlink(backup);
    throw error;
  } finally {
    await copy.close();
  }
}

function ignoreMissing(error: unknown): void {
  if (codeOf(error) !== 'ENOENT') throw error;
}
