import { nodeFileSystem, type LogFile, type LogFileSystem } from '@kvasir/wal';

/** What the log asks of a file system that changes something. A call that writes and syncs is both, one after the other. */
export type FileOperation = 'open' | 'write' | 'truncate' | 'datasync' | 'sync' | 'rename' | 'syncDirectory' | 'unlink';

/** An error as Node's file functions throw it. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: as the test wants it`), { code });
}

/** The real file system, with a say in every operation that changes something. */
export class FaultyFileSystem implements LogFileSystem {
  /** Every such operation so far, as `datasync wal.log`. */
  readonly calls: string[] = [];
  /** What `freeBytes` tells. */
  free = Number.MAX_SAFE_INTEGER;

  /** @param oneCall whether files have one call for a write and its sync; true: wherever the real file system has it */
  constructor(private readonly oneCall = true) {}

  /** Called before each operation, with the file's name; it may throw, or take its time. */
  before: (operation: FileOperation, name: string) => void | Promise<void> = () => undefined;

  /** Fails every such operation on files of that name with `code`, until {@link heal}. */
  fail(operation: FileOperation, name: string, code: string): void {
    this.before = (asked, file) => {
      if (asked === operation && file === name) throw systemError(code);
    };
  }

  heal(): void {
    this.before = () => undefined;
  }

  /** How often something was asked for. */
  count(call: string): number {
    return this.calls.filter((made) => made === call).length;
  }

  async open(path: string, mode: 'read' | 'update' | 'create'): Promise<LogFile> {
    await this.enter('open', path);
    const file = await nodeFileSystem.open(path, mode);
    return new FaultyFile(file, this.oneCall, (operation) => this.enter(operation, path));
  }

  makeDirectory(path: string): Promise<string | undefined> {
    return nodeFileSystem.makeDirectory(path);
  }

  async syncDirectory(path: string): Promise<void> {
    await this.enter('syncDirectory', path);
    await nodeFileSystem.syncDirectory(path);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.enter('rename', from);
    await nodeFileSystem.rename(from, to);
  }

  async unlink(path: string): Promise<void> {
    await this.enter('unlink', path);
    await nodeFileSystem.unlink(path);
  }

  async freeBytes(): Promise<number> {
    return this.free;
  }

  private async enter(operation: FileOperation, path: string): Promise<void> {
    const name = operation === 'syncDirectory' ? 'folder' : path.slice(path.lastIndexOf('/') + 1);
    this.calls.push(`${operation} ${name}`);
    await this.before(operation, name);
  }
}

class FaultyFile implements LogFile {
  readonly writeDurably: LogFile['writeDurably'];
  readonly overwritesInPlace: boolean;

  constructor(
    private readonly file: LogFile,
    oneCall: boolean,
    private readonly enter: (operation: FileOperation) => Promise<void>,
  ) {
    this.overwritesInPlace = file.overwritesInPlace === true;
    if (!oneCall || file.writeDurably === undefined) return;
    this.writeDurably = async (...piece) => {
      await this.enter('write');
      const written = await file.writeDurably!(...piece);
      await this.enter('datasync');
      return written;
    };
  }

  read(target: Uint8Array, offset: number, length: number, position: number): Promise<number> {
    return this.file.read(target, offset, length, position);
  }

  async write(source: Uint8Array, offset: number, length: number, position: number): Promise<number> {
    await this.enter('write');
    return this.file.write(source, offset, length, position);
  }

  async truncate(length: number): Promise<void> {
    await this.enter('truncate');
    await this.file.truncate(length);
  }

  async datasync(): Promise<void> {
    await this.enter('datasync');
    await this.file.datasync();
  }

  async sync(): Promise<void> {
    await this.enter('sync');
    await this.file.sync();
  }

  size(): Promise<number> {
    return this.file.size();
  }

  close(): Promise<void> {
    return this.file.close();
  }
}
