/**
 * Everything that the log asks of a file system, and nothing else: small enough to replace by one that fails, writes short or forgets
 * what was not synced. Errors are Node's (`code` such as `ENOSPC`).
 */
export interface LogFileSystem {
  /**
   * Opens a file. `read`: it must exist. `update`: read and write, it must exist. `create`: read and write, it must not exist (else `EEXIST`);
   * it is created with mode 0600.
   */
  open(path: string, mode: 'read' | 'update' | 'create'): Promise<LogFile>;
  /** Creates a folder, and those above it, with mode 0700. Gives the topmost folder that it created, or undefined if all were there. */
  makeDirectory(path: string): Promise<string | undefined>;
  /** Makes the names in a folder durable: files created, renamed or removed in it. */
  syncDirectory(path: string): Promise<void>;
  /** Renames a file over whatever has that name, at once. */
  rename(from: string, to: string): Promise<void>;
  /**
   * Gives the file `on` the owner, group and mode of the file `of`, as far as the process may: a log that root compacts or repairs must stay readable for the service. Where it is missing,
   * files keep what they were created with.
   */
  keepAttributes?(of: string, on: string): Promise<void>;
  /** Removes a file's name. */
  unlink(path: string): Promise<void>;
  /** Bytes that may still be written to the file system that a folder is on, as far as it can tell. Absent: nobody knows. */
  freeBytes?(path: string): Promise<number>;
}

/** One open file. Positions and lengths are bytes; every position is given, there is no file pointer. */
export interface LogFile {
  /** Reads up to `length` bytes at `position` into `target` from `offset` on; gives how many (0 at the end of the file). */
  read(target: Uint8Array, offset: number, length: number, position: number): Promise<number>;
  /** Writes up to `length` bytes of `source` from `offset` on at `position`; gives how many, which may be fewer. */
  write(source: Uint8Array, offset: number, length: number, position: number): Promise<number>;
  /**
   * Writes as `write` does, and waits until the bytes that it gives as written, and the length needed to find them, are on disk: one call in place of a `write` and a `datasync`. It says nothing of
   * bytes that were written before. Absent where there is no such call, or it can't be relied on.
   *
   * An error may be the write's or the sync's. If it was the sync's, the next `sync` or `datasync` fails too, unless the disk itself lost what it had taken: such an error has another code than those of a full disk.
   */
  writeDurably?(source: Uint8Array, offset: number, length: number, position: number): Promise<number>;
  /**
   * Whether bytes that are written over others lie where those lay, so that a sync of them changes nothing else on the disk. Absent: nobody knows, or it is not so.
   */
  readonly overwritesInPlace?: boolean;
  /** Cuts the file to `length` bytes. */
  truncate(length: number): Promise<void>;
  /** Waits until the file's bytes, and the length needed to find them, are on disk. */
  datasync(): Promise<void>;
  /** Waits until the file's bytes and everything the file system knows of it are on disk: after it was created or cut. */
  sync(): Promise<void>;
  /** The file's length. */
  size(): Promise<number>;
  close(): Promise<void>;
  /**
   * Closes a file that has lost its name, and gives what it took back to the file system bit by bit: whoever syncs beside it would wait while a large file is freed at once. May take seconds. Absent: closing it is all there is to do.
   */
  discard?(): Promise<void>;
}
