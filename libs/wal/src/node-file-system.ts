import { constants, fdatasync, write } from 'node:fs';
import { chmod, chown, type FileHandle, mkdir, open, rename, stat, statfs, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { systemCodeOf } from './errors.js';
import type { LogFile, LogFileSystem } from './file-system.js';

const OPEN_FLAGS = {
  read: constants.O_RDONLY,
  update: constants.O_RDWR,
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
} as const;

/** Values may be secrets, so what the log creates is for its owner alone. */
const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;

/** How much of a file that is discarded is freed at a time, in bytes, and the pause behind it, in milliseconds. */
const FREED_BYTES = 4 * 1024 * 1024;
const FREED_PAUSE_MS = 10;

/**
 * File systems that are known to keep to `O_DSYNC`, by the type that `statfs` gives (Linux's `magic.h`). Others, such as those that pass each call on to some program, may take the flag and ignore it.
 */
const DSYNC_FILE_SYSTEMS: ReadonlySet<number> = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // XFS
  0x9123683e, // Btrfs
  0xf2f52010, // F2FS
  0x2fc12fc1, // ZFS
  0x01021994, // tmpfs
  0x794c7630, // overlayfs: passes it on to one of these
]);

/** Those of them that keep a file's blocks where they are when bytes in them change. The others write each change to a new place, as XFS does with blocks that a copy shares: a log that was copied there is as slow as before until it takes new space. */
const IN_PLACE_FILE_SYSTEMS: ReadonlySet<number> = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // XFS
]);

class NodeLogFile implements LogFile {
  readonly writeDurably: LogFile['writeDurably'];

  /**
   * @param durable a second descriptor of the same file, opened with `O_DSYNC`, if there is one. A descriptor of its own not only for the writes that need no sync: Linux tells each descriptor once that bytes of the file could
   * not be written, so after an error of this one the other's sync says whether that was it
   */
  constructor(
    private readonly handle: FileHandle,
    private readonly durable: FileHandle | undefined,
    readonly overwritesInPlace: boolean,
  ) {
    if (durable !== undefined) this.writeDurably = (...piece) => writeBy(durable, ...piece);
  }

  async read(target: Uint8Array, offset: number, length: number, position: number): Promise<number> {
    return (await this.handle.read(target, offset, length, position)).bytesRead;
  }

  write(source: Uint8Array, offset: number, length: number, position: number): Promise<number> {
    return writeBy(this.handle, source, offset, length, position);
  }

  truncate(length: number): Promise<void> {
    return this.handle.truncate(length);
  }

  datasync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fdatasync(this.handle.fd, (error) => {
        if (error === null) resolve();
        else reject(error);
      });
    });
  }

  sync(): Promise<void> {
    return this.handle.sync();
  }

  async size(): Promise<number> {
    return (await this.handle.stat()).size;
  }

  async close(): Promise<void> {
    try {
      await this.durable?.close();
    } finally {
      await this.handle.close();
    }
  }

  async discard(): Promise<void> {
    try {
      const { nlink, size } = await this.handle.stat();
      // A link that somebody made is a file of theirs.
      if (nlink > 0) return;
      for (let left = size - FREED_BYTES; left > 0; left -= FREED_BYTES) {
        /* oxlint-disable no-await-in-loop -- bit by bit is the point */
        await this.handle.truncate(left);
        // A process that ends meanwhile frees the rest at once.
        await delay(FREED_PAUSE_MS, undefined, { ref: false });
        /* oxlint-enable no-await-in-loop */
      }
    } finally {
      await this.close();
    }
  }
}

// Writing and syncing is what each group of transactions waits for; past the handle's own promises both take a fifth less processor time.
function writeBy(
  { fd }: FileHandle,
  source: Uint8Array,
  offset: number,
  length: number,
  position: number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, source, offset, length, position, (error, written) => {
      if (error === null) resolve(written);
      else reject(error);
    });
  });
}

/** A file that is open to write, with its second descriptor where `O_DSYNC` can be relied on. macOS has the flag and does not wait for the disk's own cache. */
async function writable(handle: FileHandle, path: string): Promise<NodeLogFile> {
  const { type } = await statfs(path);
  if (process.platform !== 'linux' || !DSYNC_FILE_SYSTEMS.has(type)) return new NodeLogFile(handle, undefined, false);
  const durable = await open(path, constants.O_WRONLY | constants.O_DSYNC);
  return new NodeLogFile(handle, durable, IN_PLACE_FILE_SYSTEMS.has(type));
}

/** Folder by folder, as Node's own recursive `mkdir` never ends where the folder above is there and still none can be made, such as under /proc. */
async function makeDirectory(path: string): Promise<string | undefined> {
  try {
    return await makeOneDirectory(path);
  } catch (error) {
    const above = dirname(path);
    if (systemCodeOf(error) !== 'ENOENT' || above === path) throw error;
    const topmost = await makeDirectory(above);
    const made = await makeOneDirectory(path);
    return topmost ?? made;
  }
}

/** Gives the path, or undefined for a folder that was there. */
async function makeOneDirectory(path: string): Promise<string | undefined> {
  try {
    await mkdir(path, { mode: DIRECTORY_MODE });
    return path;
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST' && (await stat(path)).isDirectory()) return undefined;
    throw error;
  }
}

/** The real file system. */
export const nodeFileSystem: LogFileSystem = {
  async open(path, mode) {
    const handle = await open(path, OPEN_FLAGS[mode], FILE_MODE);
    try {
      return mode === 'read' ? new NodeLogFile(handle, undefined, false) : await writable(handle, path);
    } catch (error) {
      await handle.close();
      throw error;
    }
  },

  makeDirectory,

  async syncDirectory(path) {
    // Windows opens no folders as files, and needs no such sync.
    if (process.platform === 'win32') return;
    const handle = await open(path, constants.O_RDONLY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },

  rename(from, to) {
    return rename(from, to);
  },

  async keepAttributes(of, on) {
    const { uid, gid, mode } = await stat(of);
    await chmod(on, mode & 0o777);
    const now = await stat(on);
    if (now.uid !== uid || now.gid !== gid) await chown(on, uid, gid);
  },

  unlink(path) {
    return unlink(path);
  },

  async freeBytes(path) {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  },
};
