import { constants } from 'node:fs';
import { chmod, chown, type FileHandle, mkdir, open, rename, stat, statfs, unlink } from 'node:fs/promises';
import type { LogFile, LogFileSystem } from './file-system.js';

const OPEN_FLAGS = {
  read: constants.O_RDONLY,
  update: constants.O_RDWR,
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
} as const;

/** Values may be secrets, so what the log creates is for its owner alone. */
const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;

class NodeLogFile implements LogFile {
  constructor(private readonly handle: FileHandle) {}

  async read(target: Uint8Array, offset: number, length: number, position: number): Promise<number> {
    return (await this.handle.read(target, offset, length, position)).bytesRead;
  }

  async write(source: Uint8Array, offset: number, length: number, position: number): Promise<number> {
    return (await this.handle.write(source, offset, length, position)).bytesWritten;
  }

  truncate(length: number): Promise<void> {
    return this.handle.truncate(length);
  }

  datasync(): Promise<void> {
    return this.handle.datasync();
  }

  sync(): Promise<void> {
    return this.handle.sync();
  }

  async size(): Promise<number> {
    return (await this.handle.stat()).size;
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

/** The real file system. */
export const nodeFileSystem: LogFileSystem = {
  async open(path, mode) {
    return new NodeLogFile(await open(path, OPEN_FLAGS[mode], FILE_MODE));
  },

  makeDirectory(path) {
    return mkdir(path, { recursive: true, mode: DIRECTORY_MODE });
  },

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
