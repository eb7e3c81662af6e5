import type { LogFile, LogFileSystem } from '@kvasir/wal';
import type { Random } from './random.js';

const SECTOR_BYTES = 512;

export type DiskOperation =
  | 'open'
  | 'read'
  | 'write'
  | 'writeDurably'
  | 'truncate'
  | 'datasync'
  | 'sync'
  | 'size'
  | 'syncDirectory'
  | 'rename'
  | 'unlink';

/** Those whose faults are more than an error in place of the work. */
const CARRIED_OUT_BY_FILES: ReadonlySet<DiskOperation> = new Set(['write', 'writeDurably', 'datasync', 'sync']);

/** One call that the file system gets. */
export interface DiskCall {
  /** From 1, over the life of the disk. */
  readonly number: number;
  readonly operation: DiskOperation;
  readonly path: string;
}

/** What is to happen to a call instead of working. */
export interface DiskFault {
  /** The error's code, such as `EIO`; undefined: a write that is only short. */
  readonly code?: string;
  /** A write takes so many of its bytes first, as a part of them. 0 to 1. */
  readonly share?: number;
  /** Of a call that writes and syncs it is the sync that fails, and the next sync of the file says so as well. */
  readonly atSync?: boolean;
}

/** Bytes or a cut that a file got since its last sync. `lost`: a sync of them failed, and a later one does not bring them back. */
interface Change {
  readonly position: number;
  /** Undefined: cut to `position`. */
  readonly bytes: Buffer | undefined;
  state: 'pending' | 'lost' | 'synced';
}

class Inode {
  /** What every reader sees. */
  bytes: Buffer;
  changes: Change[] = [];

  /** @param onDisk what a power cut leaves when nothing of `changes` is kept */
  constructor(public onDisk: Buffer) {
    this.bytes = onDisk;
  }

  apply(change: Change): void {
    this.bytes = changed(this.bytes, change);
    this.changes.push(change);
  }

  synced(): void {
    for (const change of this.changes) if (change.state === 'pending') change.state = 'synced';
    if (this.changes.some(({ state }) => state === 'lost')) return;
    this.onDisk = this.bytes;
    this.changes = [];
  }

  syncFailed(): void {
    for (const change of this.changes) if (change.state === 'pending') change.state = 'lost';
  }

  /** The file after a power cut. Without `random` nothing that was not synced is there, with it a part of it, sector by sector. */
  afterPowerCut(random: Random | undefined): Buffer {
    let bytes = this.onDisk;
    for (const change of this.changes) {
      if (change.state === 'synced') bytes = changed(bytes, change);
      else if (random !== undefined) bytes = partly(bytes, change, random);
    }
    // Some file systems keep a new length before the bytes that belong there.
    if (random?.chance(0.2) === true && this.bytes.length > bytes.length) {
      bytes = Buffer.concat([bytes, Buffer.alloc(this.bytes.length - bytes.length)]);
    }
    return bytes;
  }
}

interface NameChange {
  readonly path: string;
  /** Undefined: the name is removed. */
  readonly inode: Inode | undefined;
}

/** What comes instead of an answer once the power is off, or the process is gone. */
class GoneError extends Error {
  readonly code = 'EIO';

  constructor() {
    super('EIO: the power is off');
  }
}

function systemError(code: string, call: DiskCall): Error {
  return Object.assign(
    new Error(`${code}: ${call.operation} ${call.path}, as call ${call.number} of the test wants it`),
    { code },
  );
}

/**
 * A disk in memory that tells what every reader sees from what a power cut leaves: bytes count from the file's next sync on, names from their folder's. Any call can be made to fail, and the
 * power can go in the midst of any.
 */
export class SimulatedDisk implements LogFileSystem {
  /** Every call so far. */
  readonly calls: DiskCall[] = [];
  /** How many calls did not do what they should, a power cut included. */
  faults = 0;
  /** Asked before every call; a fault is what happens instead. */
  onCall: (call: DiskCall) => DiskFault | 'power cut' | undefined = () => undefined;
  private names = new Map<string, Inode>();
  private namesOnDisk = new Map<string, Inode>();
  private nameChanges: NameChange[] = [];
  private gone = false;

  /**
   * @param oneCall whether its files have one call for a write and its sync
   * @param ignoresSyncs it says that it has synced a file's bytes and has not, as some disks do: to show that the tests would notice
   */
  constructor(
    private readonly oneCall = true,
    private readonly ignoresSyncs = false,
  ) {}

  /** Whether the power went, or `restarted` or `afterPowerCut` was called: nothing works on it any more. */
  get isOff(): boolean {
    return this.gone;
  }

  /** The bytes of a file as a reader sees them. */
  bytesOf(path: string): Buffer {
    return this.names.get(path)?.bytes ?? Buffer.alloc(0);
  }

  /** Puts a file there, on disk. */
  put(path: string, bytes: Buffer): void {
    const inode = new Inode(bytes);
    this.names.set(path, inode);
    this.namesOnDisk.set(path, inode);
  }

  /** Every file's path. */
  get paths(): string[] {
    return [...this.names.keys()];
  }

  /** The process ends and another one begins: what it wrote is there, synced or not. */
  restarted(): SimulatedDisk {
    this.gone = true;
    const next = new SimulatedDisk(this.oneCall, this.ignoresSyncs);
    next.names = this.names;
    next.namesOnDisk = this.namesOnDisk;
    next.nameChanges = this.nameChanges;
    return next;
  }

  /** The power goes. Without `random` all that was not synced is lost, with it a part of it, in any order. */
  afterPowerCut(random: Random | undefined): SimulatedDisk {
    this.gone = true;
    const names = new Map(this.namesOnDisk);
    for (const { path, inode } of this.nameChanges) {
      if (random?.chance(0.5) !== true) continue;
      if (inode === undefined) names.delete(path);
      else names.set(path, inode);
    }
    const next = new SimulatedDisk(this.oneCall, this.ignoresSyncs);
    const kept = new Map<Inode, Inode>();
    for (const [path, inode] of names) {
      const after = kept.get(inode) ?? new Inode(inode.afterPowerCut(random));
      kept.set(inode, after);
      next.names.set(path, after);
      next.namesOnDisk.set(path, after);
    }
    return next;
  }

  async open(path: string, mode: 'read' | 'update' | 'create'): Promise<LogFile> {
    this.enter('open', path);
    const inode = this.names.get(path);
    if (mode === 'create') {
      if (inode !== undefined) throw Object.assign(new Error(`EEXIST: ${path}`), { code: 'EEXIST' });
      return this.handle(path, this.name(path, new Inode(Buffer.alloc(0))));
    }
    if (inode === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
    return this.handle(path, inode);
  }

  async makeDirectory(): Promise<string | undefined> {
    return undefined;
  }

  async syncDirectory(path: string): Promise<void> {
    this.enter('syncDirectory', path);
    for (const change of this.nameChanges) {
      if (change.inode === undefined) this.namesOnDisk.delete(change.path);
      else this.namesOnDisk.set(change.path, change.inode);
    }
    this.nameChanges = [];
  }

  async rename(from: string, to: string): Promise<void> {
    this.enter('rename', from);
    const inode = this.names.get(from);
    if (inode === undefined) throw Object.assign(new Error(`ENOENT: ${from}`), { code: 'ENOENT' });
    this.name(to, inode);
    this.name(from, undefined);
  }

  async unlink(path: string): Promise<void> {
    this.enter('unlink', path);
    if (!this.names.has(path)) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
    this.name(path, undefined);
  }

  private name<T extends Inode | undefined>(path: string, inode: T): T {
    if (inode === undefined) this.names.delete(path);
    else this.names.set(path, inode);
    this.nameChanges.push({ path, inode });
    return inode;
  }

  /** Counts a call, and makes it fail if it is to. Gives a fault that is for the caller to carry out. */
  private enter(operation: DiskOperation, path: string): DiskFault | undefined {
    if (this.gone) throw new GoneError();
    const call: DiskCall = { number: this.calls.length + 1, operation, path };
    this.calls.push(call);
    const fault = this.onCall(call);
    if (fault !== undefined) this.faults++;
    if (fault === 'power cut') {
      this.gone = true;
      if (operation === 'write' || operation === 'writeDurably') return { code: 'EIO', share: 1 };
      throw new GoneError();
    }
    if (fault !== undefined && !CARRIED_OUT_BY_FILES.has(operation)) {
      throw systemError(fault.code ?? 'EIO', call);
    }
    return fault;
  }

  private handle(path: string, inode: Inode): LogFile {
    /** What the next sync has to tell whoever has the file open: bytes that a call which wrote and synced could not put on disk. */
    let errorOwed: string | undefined;
    const sync = async (operation: 'sync' | 'datasync'): Promise<void> => {
      const fault = this.enter(operation, path);
      const code = fault === undefined ? errorOwed : (fault.code ?? 'EIO');
      errorOwed = undefined;
      if (code === undefined) return this.ignoresSyncs ? undefined : inode.synced();
      inode.syncFailed();
      throw systemError(code, this.calls.at(-1)!);
    };
    const write = (source: Uint8Array, position: number, fault: DiskFault | undefined): number => {
      const taken = fault === undefined ? source.length : Math.floor(source.length * (fault.share ?? 0));
      const bytes = Buffer.from(source.subarray(0, taken));
      if (taken > 0) inode.apply({ position, bytes, state: 'pending' });
      return taken;
    };
    const writeDurably: LogFile['writeDurably'] = async (source, offset, length, position) => {
      const fault = this.enter('writeDurably', path);
      const taken = write(source.subarray(offset, offset + length), position, fault);
      if (fault?.code === undefined) {
        if (!this.ignoresSyncs) inode.synced();
        return taken;
      }
      if (fault.atSync === true) {
        inode.syncFailed();
        errorOwed = fault.code;
      }
      throw systemError(fault.code, this.calls.at(-1)!);
    };
    return {
      ...(this.oneCall ? { writeDurably } : {}),
      overwritesInPlace: true,
      read: async (target, offset, length, position) => {
        this.enter('read', path);
        return inode.bytes.copy(target, offset, position, position + length);
      },
      write: async (source, offset, length, position) => {
        const fault = this.enter('write', path);
        const taken = write(source.subarray(offset, offset + length), position, fault);
        if (fault?.code !== undefined) throw systemError(fault.code, this.calls.at(-1)!);
        return taken;
      },
      truncate: async (length) => {
        this.enter('truncate', path);
        inode.apply({ position: length, bytes: undefined, state: 'pending' });
      },
      datasync: () => sync('datasync'),
      sync: () => sync('sync'),
      size: async () => {
        this.enter('size', path);
        return inode.bytes.length;
      },
      close: async () => undefined,
    };
  }
}

function changed(bytes: Buffer, { position, bytes: written }: Pick<Change, 'position' | 'bytes'>): Buffer {
  if (written === undefined) return Buffer.from(bytes.subarray(0, position));
  const result = Buffer.alloc(Math.max(bytes.length, position + written.length));
  bytes.copy(result);
  written.copy(result, position);
  return result;
}

function partly(bytes: Buffer, { position, bytes: written }: Change, random: Random): Buffer {
  if (written === undefined) return random.chance(0.5) ? changed(bytes, { position, bytes: undefined }) : bytes;
  const all = random.chance(0.3);
  let result = bytes;
  let from = position;
  while (from < position + written.length) {
    const to = Math.min((Math.floor(from / SECTOR_BYTES) + 1) * SECTOR_BYTES, position + written.length);
    if (all || random.chance(0.5)) {
      result = changed(result, { position: from, bytes: written.subarray(from - position, to - position) });
    }
    from = to;
  }
  return result;
}
