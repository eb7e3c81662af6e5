import type { LogFile, LogFileSystem } from '../file-system.js';

/** What a fault can be put on. */
export type FaultyOperation =
  | 'open'
  | 'read'
  | 'write'
  | 'writeDurably'
  | 'truncate'
  | 'datasync'
  | 'sync'
  | 'syncDirectory'
  | 'makeDirectory'
  | 'rename'
  | 'unlink';

interface Fault {
  readonly operation: FaultyOperation;
  /** Undefined: whatever the file. */
  readonly path: string | undefined;
  readonly error: Error | undefined;
  /** A failing or short write takes this many bytes first. */
  readonly takes: number;
}

/** An error as Node's file functions throw it. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: as the test wants it`), { code });
}

/** Files in memory, with a record of what was asked of them and faults on demand. */
export class MemoryFileSystem implements LogFileSystem {
  readonly files = new Map<string, MemoryFile>();
  /** Every operation that changes or syncs something, in order, such as `write /data/wal.log`. */
  readonly calls: string[] = [];
  private readonly faults: Fault[] = [];

  /** @param oneCall whether files have one call for a write and its sync */
  constructor(readonly oneCall = true) {}

  /** The next such operation fails with `code`; a write after it has taken `takes` bytes. */
  failNext(operation: FaultyOperation, code: string, takes = 0): void {
    this.faults.push({ operation, path: undefined, error: systemError(code), takes });
  }

  /** The next `writeDurably` writes all and fails to sync it; the next sync fails too, as the disk did not take the bytes. */
  failNextDurableSync(code: string): void {
    const error = systemError(code);
    this.faults.push({ operation: 'writeDurably', path: undefined, error, takes: Infinity });
    this.faults.push({ operation: 'sync', path: undefined, error, takes: 0 });
  }

  /** The next such operation on that file (a rename: from that name) fails with `code`. */
  failNextOn(operation: FaultyOperation, path: string, code: string): void {
    this.faults.push({ operation, path, error: systemError(code), takes: 0 });
  }

  /** The next write takes only so many bytes. */
  shortenNextWrite(takes: number, operation: 'write' | 'writeDurably' = 'write'): void {
    this.faults.push({ operation, path: undefined, error: undefined, takes });
  }

  takeFault(operation: FaultyOperation, path: string): Fault | undefined {
    const index = this.faults.findIndex(
      (fault) => fault.operation === operation && (fault.path === undefined || fault.path === path),
    );
    return index < 0 ? undefined : this.faults.splice(index, 1)[0];
  }

  /** Records an operation, and fails it if it is to fail. */
  enter(operation: FaultyOperation, path: string, faultPath = path): void {
    this.calls.push(`${operation} ${path}`);
    const error = this.takeFault(operation, faultPath)?.error;
    if (error !== undefined) throw error;
  }

  async open(path: string, mode: 'read' | 'update' | 'create'): Promise<LogFile> {
    this.enter('open', path);
    const file = this.files.get(path);
    if (mode === 'create' && file !== undefined) throw systemError('EEXIST');
    if (mode !== 'create' && file === undefined) throw systemError('ENOENT');
    const opened = file ?? new MemoryFile(this, path);
    this.files.set(path, opened);
    return opened;
  }

  async makeDirectory(path: string): Promise<string | undefined> {
    this.enter('makeDirectory', path);
    return undefined;
  }

  async syncDirectory(path: string): Promise<void> {
    this.enter('syncDirectory', path);
  }

  async rename(from: string, to: string): Promise<void> {
    this.enter('rename', to, from);
    const file = this.files.get(from);
    if (file === undefined) throw systemError('ENOENT');
    this.files.set(to, file);
    this.files.delete(from);
  }

  async unlink(path: string): Promise<void> {
    if (!this.files.has(path)) throw systemError('ENOENT');
    this.enter('unlink', path);
    this.files.delete(path);
  }
}

/** One file in memory. */
export class MemoryFile implements LogFile {
  bytes: Buffer = Buffer.alloc(0);
  readonly writeDurably: LogFile['writeDurably'];
  readonly overwritesInPlace = true;

  constructor(
    private readonly fileSystem = new MemoryFileSystem(),
    private readonly path = 'wal.log',
  ) {
    if (!fileSystem.oneCall) return;
    this.writeDurably = async (source, offset, length, position) =>
      this.writeAs('writeDurably', source.subarray(offset, offset + length), position);
  }

  async read(target: Uint8Array, offset: number, length: number, position: number): Promise<number> {
    const error = this.fileSystem.takeFault('read', this.path)?.error;
    if (error !== undefined) throw error;
    return this.bytes.copy(target, offset, position, position + length);
  }

  async write(source: Uint8Array, offset: number, length: number, position: number): Promise<number> {
    return this.writeAs('write', source.subarray(offset, offset + length), position);
  }

  private writeAs(operation: 'write' | 'writeDurably', bytes: Uint8Array, position: number): number {
    const { length } = bytes;
    this.fileSystem.calls.push(`${operation} ${this.path}`);
    const fault = this.fileSystem.takeFault(operation, this.path);
    const taken = Math.min(length, fault?.takes ?? length);
    const grown = Buffer.alloc(Math.max(this.bytes.length, position + taken));
    this.bytes.copy(grown);
    grown.set(bytes.subarray(0, taken), position);
    if (taken > 0) this.bytes = grown;
    if (fault?.error !== undefined) throw fault.error;
    return taken;
  }

  async truncate(length: number): Promise<void> {
    this.fileSystem.enter('truncate', this.path);
    this.bytes = Buffer.from(this.bytes.subarray(0, length));
  }

  async datasync(): Promise<void> {
    this.fileSystem.enter('datasync', this.path);
  }

  async sync(): Promise<void> {
    this.fileSystem.enter('sync', this.path);
  }

  async size(): Promise<number> {
    return this.bytes.length;
  }

  async close(): Promise<void> {
    this.fileSystem.calls.push(`close ${this.path}`);
  }
}
