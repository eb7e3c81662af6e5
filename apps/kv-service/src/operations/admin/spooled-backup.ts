import { randomUUID } from 'node:crypto';
import { open, statfs, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { BackupReader } from '@kvasir/backup';
import { DiskFullError, livingOf, StoreUnavailableError, type Entry } from '@kvasir/kv-core';

/** What the file leaves free on its disk, in bytes: the log may be there too, and its writes go on. */
const SPARE_BYTES = 16 * 1024 * 1024;
/** The disk is asked for its space after each so many bytes. */
const CHECK_BYTES = 4 * 1024 * 1024;

/**
 * A backup's entries, the first of which comes only when all of it has been read and checked: for a load that cannot be taken back. Meanwhile it lies in a file without a name, which is gone with the
 * process.
 *
 * @param folder where the file is made
 * @throws LoadInvalidError for a backup that is damaged or none, before the first entry
 * @throws DiskFullError, StoreUnavailableError when it cannot be kept
 */
export async function* spooledBackup(
  source: AsyncIterable<Buffer>,
  folder: string,
): AsyncGenerator<readonly Entry[], void, undefined> {
  const file = await inStoreTerms(folder, () => openNameless(folder));
  try {
    await checkBackup(copied(source, file, folder));
    const { reader } = await BackupReader.open(file.createReadStream({ start: 0, autoClose: false }));
    yield* reader.batches();
  } finally {
    await file.close();
  }
}

/**
 * Reads a backup to its end.
 *
 * @returns how many of its entries have not expired, and how many have
 * @throws LoadInvalidError for one that is damaged or none
 */
export async function checkBackup(
  source: AsyncIterable<Buffer>,
): Promise<{ entries: number; expired: number; revision: number }> {
  const { header, reader } = await BackupReader.open(source);
  let living = 0;
  for await (const batch of reader.batches()) living += livingOf(batch, Date.now()).length;
  return { entries: living, expired: reader.entries - living, revision: header.revision };
}

async function* copied(
  source: AsyncIterable<Buffer>,
  file: FileHandle,
  folder: string,
): AsyncGenerator<Buffer, void, undefined> {
  let position = 0;
  let checkAt = 0;
  for await (const piece of source) {
    const at = position;
    if (at >= checkAt) {
      checkAt = at + CHECK_BYTES;
      await inStoreTerms(folder, () => requireSpace(folder));
    }
    await inStoreTerms(folder, () => writeAll(file, piece, at));
    position += piece.length;
    yield piece;
  }
}

/** @throws Error as of a full disk */
async function requireSpace(folder: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < SPARE_BYTES) throw Object.assign(new Error('too little space is left'), { code: 'ENOSPC' });
}

async function writeAll(file: FileHandle, piece: Buffer, position: number): Promise<void> {
  for (let written = 0; written < piece.length;) {
    // oxlint-disable-next-line no-await-in-loop -- the next write starts where this one stopped
    const { bytesWritten } = await file.write(piece, written, piece.length - written, position + written);
    written += bytesWritten;
  }
}

async function openNameless(folder: string): Promise<FileHandle> {
  const path = join(folder, `.kvasir-import-${randomUUID()}`);
  const file = await open(path, 'wx+', 0o600);
  await unlink(path);
  return file;
}

async function inStoreTerms<Result>(folder: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT') {
      throw new DiskFullError(`there is no room in ${folder} for the backup; nothing was changed`, { cause: error });
    }
    throw new StoreUnavailableError(`the backup cannot be kept in ${folder}: ${message}; nothing was changed`, {
      cause: error,
    });
  }
}
