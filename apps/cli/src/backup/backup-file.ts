import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { access, link, open, rename, unlink, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { nodeFileSystem } from '@kvasir/wal';
import { CommandError } from '../command-error.js';
import { codeOf } from '../system-code.js';

/** What file systems say that have no hard links, such as FAT and some of a network. */
const NO_LINKS: ReadonlySet<string | undefined> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);

/**
 * A backup's file while it is written: under its name only when it is whole and on disk. Until then it is beside it, under a name that no other backup has. A name that ends in `.gz` is
 * written with gzip.
 */
export class BackupFile {
  private readonly input: Writable;
  private readonly written: Promise<unknown>;

  private constructor(
    readonly path: string,
    private readonly part: string,
    file: FileHandle,
  ) {
    const output = file.createWriteStream({ flush: true });
    if (path.endsWith('.gz')) {
      const gzip = createGzip();
      this.input = gzip;
      this.written = pipeline(gzip, output);
    } else {
      this.input = output;
      this.written = finished(output);
    }
    // Whoever writes or finishes hears of it.
    this.written.catch(() => undefined);
    this.input.on('error', () => undefined);
  }

  /** @throws CommandError when there is a file of that name, which is never overwritten */
  static async create(path: string): Promise<BackupFile> {
    if (await exists(path)) throw alreadyThere(path);
    const part = `${path}.${process.pid}-${randomUUID()}.partial`;
    return new BackupFile(path, part, await open(part, 'wx', 0o600));
  }

  async write(piece: Uint8Array): Promise<void> {
    if (this.input.errored !== null) throw this.input.errored;
    if (!this.input.write(piece)) await Promise.race([once(this.input, 'drain'), this.written]);
  }

  /**
   * Gives the file its name.
   *
   * @throws CommandError when another file got that name meanwhile, which is not overwritten
   */
  async finish(): Promise<void> {
    this.input.end();
    await this.written;
    await publish(this.part, this.path);
    await nodeFileSystem.syncDirectory(dirname(this.path));
  }

  /** Removes it. */
  async abandon(): Promise<void> {
    this.input.destroy();
    await this.written.catch(() => undefined);
    await unlink(this.part).catch(() => undefined);
  }
}

/** Moves a file to a name that must be free. */
async function publish(part: string, path: string): Promise<void> {
  try {
    // Unlike a rename it refuses a name that is taken.
    await link(part, path);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EEXIST') throw alreadyThere(path);
    if (!NO_LINKS.has(code)) throw error;
    if (await exists(path)) throw alreadyThere(path);
    return await rename(part, path);
  }
  await unlink(part);
}

function alreadyThere(path: string): CommandError {
  return new CommandError(`${path} is there already; no backup is overwritten`);
}

/** The bytes of a backup's file, unpacked if it is packed with gzip, whatever its name. */
export async function* backupBytes(path: string): AsyncGenerator<Buffer, void, undefined> {
  const source: Readable = createReadStream(path);
  if (!(await isGzip(path))) {
    yield* source as AsyncIterable<Buffer>;
    return;
  }
  const gunzip = createGunzip();
  const piped = pipeline(source, gunzip);
  // The loop hears of it through the stream.
  piped.catch(() => undefined);
  try {
    yield* gunzip as AsyncIterable<Buffer>;
  } catch (error) {
    if (codeOf(error)?.startsWith('Z_') !== true) throw error;
    throw new CommandError(`${path} is damaged: ${(error as Error).message} (gzip)`);
  }
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(GZIP_MAGIC.length), 0, GZIP_MAGIC.length, 0);
    return bytesRead === GZIP_MAGIC.length && buffer.equals(GZIP_MAGIC);
  } finally {
    await file.close();
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}
