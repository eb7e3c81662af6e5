import { open, stat, type FileHandle } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DataDirLockedError } from '@kvasir/kv-core';
import { makeDurableDirectory, nodeFileSystem, type LogFileSystem } from '@kvasir/wal';
import { tryLock } from 'fs-native-extensions';

/** The lock's name in the data directory. */
export const LOCK_FILE_NAME = 'lock';

/** What an owner writes into the lock file, for whoever finds it locked. The lock itself does not depend on it. */
interface Owner {
  readonly pid: number;
  readonly host: string;
  readonly since: string;
}

/**
 * The right to use a data directory: one holder at a time, on one machine.
 *
 * It is a lock of the operating system on an open file, so it ends with its process however that ends, and neither a stale file nor a recycled process id can be taken for an owner. The
 * file stays: removing it would let two processes lock two files of the same name.
 */
export class DirectoryLock {
  private constructor(private readonly file: FileHandle) {}

  /**
   * Takes the lock, creating the directory (mode 0700), so that it outlasts a power cut, when it is not there.
   *
   * @param fileSystem makes the directory, which must be a real one, as the lock is; only tests give one
   * @throws DataDirLockedError at once, naming the owner, when another process (or this one) has it
   * @throws Node's errors when the directory cannot be made or used
   */
  static async acquire(
    directory: string,
    fileSystem: Pick<LogFileSystem, 'makeDirectory' | 'syncDirectory'> = nodeFileSystem,
  ): Promise<DirectoryLock> {
    await makeDurableDirectory(fileSystem, directory);
    const file = await open(join(directory, LOCK_FILE_NAME), 'a+', 0o600);
    try {
      if (!tryLock(file.fd)) throw new DataDirLockedError(await describeOwner(directory, file));
      const owner: Owner = { pid: process.pid, host: hostname(), since: new Date().toISOString() };
      await giveToOwnerOf(directory, file);
      await file.truncate();
      await file.appendFile(`${JSON.stringify(owner)}\n`);
      return new DirectoryLock(file);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Lets the next owner in. */
  async release(): Promise<void> {
    await this.file.close();
  }
}

/** Root may look after a log whose service is another user, who must be able to open the file too. */
async function giveToOwnerOf(directory: string, file: FileHandle): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await stat(directory);
  await file.chown(uid, gid);
}

async function describeOwner(directory: string, file: FileHandle): Promise<string> {
  const use = `the data directory ${directory} is in use by another process`;
  try {
    const { pid, host, since } = JSON.parse(await readAll(file)) as Owner;
    return `${use}: ${pid} on ${host}, since ${since}; stop it, or choose another directory`;
  } catch {
    // The owner has locked the file and not yet written who it is.
    return `${use}; stop it, or choose another directory`;
  }
}

async function readAll(file: FileHandle): Promise<string> {
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(1024), position: 0 });
  return buffer.toString('utf8', 0, bytesRead);
}
