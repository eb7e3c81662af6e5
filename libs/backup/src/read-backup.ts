import { createHash } from 'node:crypto';
import {
  contentOfJsonString,
  JsonReadError,
  LoadInvalidError,
  NEVER,
  readEnvelope,
  type Entry,
  type JsonText,
  type Members,
} from '@kvasir/kv-core';
import { BACKUP_FORMAT, BACKUP_VERSION, type BackupFooter, type BackupHeader } from './backup-format.js';
import { BackupLines } from './backup-lines.js';

/** A batch ends with the entry that makes it this many, or this long: a few milliseconds' work. */
const BATCH_ENTRIES = 256;
const BATCH_BYTES = 256 * 1024;

/** Deeper than MAX_JSON_DEPTH may be set, so whatever a store took comes back. */
const MAX_DEPTH = 4096;

/** What only a footer begins with. */
const FOOTER_HEAD = Buffer.from('{"entries":');

const ENTRY_MEMBERS = ['key', 'revision', 'created', 'updated', 'expires', 'value'] as const;
const HEADER_MEMBERS = ['format', 'version', 'revision', 'time', 'keys'] as const;
const FOOTER_MEMBERS = ['entries', 'revision', 'sha256'] as const;

/**
 * Reads a backup: its header at once, then its entries, once. The last batch comes only after the footer has been compared with all that was read, so whoever gets to the end has the whole backup as
 * it was written; and whoever applies what came before must be able to take it back.
 */
export class BackupReader {
  private readonly hash = createHash('sha256');
  private readonly lines = new BackupLines();
  /** Lines of the piece that was read last. */
  private pendingLines: Iterator<Buffer> | undefined;
  private lineNumber = 0;
  private count = 0;
  private read = 0;
  private head: BackupHeader | undefined;
  private foot: BackupFooter | undefined;

  private constructor(private readonly pieces: AsyncIterator<Buffer>) {}

  /**
   * @param source its bytes, in pieces of any size
   * @throws LoadInvalidError when it does not begin as a backup of this version does
   */
  static async open(source: AsyncIterable<Buffer>): Promise<{ header: BackupHeader; reader: BackupReader }> {
    const reader = new BackupReader(source[Symbol.asyncIterator]());
    try {
      return { header: await reader.readHeader(), reader };
    } catch (error) {
      await reader.close();
      throw error;
    }
  }

  /** Bytes read so far. */
  get bytes(): number {
    return this.read;
  }

  /** Entries read so far. */
  get entries(): number {
    return this.count;
  }

  /**
   * The entries, in batches.
   *
   * @throws LoadInvalidError for anything but the rest of a whole, undamaged backup; or what the source throws
   */
  async *batches(): AsyncGenerator<readonly Entry[], void, undefined> {
    try {
      let batch: Entry[] = [];
      let bytes = 0;
      for await (const line of this.allLines()) {
        if (this.foot !== undefined) throw this.invalid('stands behind the footer');
        if (line.subarray(0, FOOTER_HEAD.length).equals(FOOTER_HEAD)) {
          this.foot = this.readFooter(line);
          continue;
        }
        this.hash.update(line);
        if (batch.length >= BATCH_ENTRIES || bytes >= BATCH_BYTES) {
          yield batch;
          batch = [];
          bytes = 0;
        }
        batch.push(this.readEntry(line));
        bytes += line.length;
        this.count++;
      }
      if (this.lines.unfinished > 0 || this.foot === undefined) {
        throw new LoadInvalidError(
          `the backup is not whole: it ends after ${this.count} of ${this.head?.keys ?? 0} entries, without its footer`,
        );
      }
      if (batch.length > 0) yield batch;
    } finally {
      await this.close();
    }
  }

  private async close(): Promise<void> {
    await this.pieces.return?.();
  }

  private async nextLine(): Promise<Buffer | undefined> {
    for (;;) {
      const line = this.pendingLines?.next();
      if (line !== undefined && line.done !== true) {
        this.lineNumber++;
        return line.value;
      }
      // oxlint-disable-next-line no-await-in-loop -- piece by piece
      const piece = await this.pieces.next();
      if (piece.done === true) return undefined;
      this.read += piece.value.length;
      this.pendingLines = this.lines.take(piece.value);
    }
  }

  private async *allLines(): AsyncGenerator<Buffer, void, undefined> {
    // oxlint-disable-next-line no-await-in-loop -- line by line
    for (let line = await this.nextLine(); line !== undefined; line = await this.nextLine()) yield line;
  }

  private async readHeader(): Promise<BackupHeader> {
    const line = await this.nextLine();
    if (line === undefined) throw new LoadInvalidError('this is no backup: it has no whole line');
    this.hash.update(line);
    const members = this.membersOf(line, HEADER_MEMBERS);
    if (members.format === undefined || stringOf(members.format) !== BACKUP_FORMAT) {
      throw new LoadInvalidError(`this is no backup: its first line does not name the format ${BACKUP_FORMAT}`);
    }
    if (members.version !== String(BACKUP_VERSION)) {
      throw new LoadInvalidError(
        `the backup is of version ${members.version ?? 'none'}, and this program reads version ${BACKUP_VERSION}; use a newer program`,
      );
    }
    const { revision, time, keys } = members;
    this.head = {
      revision: this.number('revision', revision),
      time: this.number('time', time),
      keys: this.number('keys', keys),
    };
    return this.head;
  }

  private readEntry(line: Buffer): Entry {
    const { key: keyText, value, revision, created, updated, expires } = this.membersOf(line, ENTRY_MEMBERS);
    const key = keyText === undefined ? undefined : stringOf(keyText);
    if (key === undefined) throw this.invalid('has no key that is a string');
    if (value === undefined) throw this.invalid('has no value');
    const entry = {
      key,
      value,
      revision: this.number('revision', revision),
      createdAt: this.number('created', created),
      updatedAt: this.number('updated', updated),
      expiresAt: expires === undefined || expires === 'null' ? NEVER : this.number('expires', expires),
    };
    if (entry.revision > (this.head?.revision ?? 0)) {
      throw this.invalid(`has the revision ${entry.revision}, which is after that of the backup`);
    }
    return entry;
  }

  private readFooter(line: Buffer): BackupFooter {
    const { entries, revision, sha256 } = this.membersOf(line, FOOTER_MEMBERS);
    const footer = {
      entries: this.number('entries', entries),
      revision: this.number('revision', revision),
      sha256: sha256 === undefined ? '' : (stringOf(sha256) ?? ''),
    };
    const digest = this.hash.digest('hex');
    if (footer.sha256 !== digest) {
      throw new LoadInvalidError(
        `the backup is damaged: its footer has another checksum than its ${this.count} entries`,
      );
    }
    if (footer.entries !== this.count || this.head?.keys !== this.count || footer.revision !== this.head.revision) {
      throw new LoadInvalidError(
        `the backup contradicts itself: it has ${this.count} entries, its header names ${this.head?.keys} and its footer ${footer.entries}`,
      );
    }
    return footer;
  }

  private membersOf<Name extends string>(line: Buffer, names: readonly Name[]): Members<Name> {
    try {
      return readEnvelope(line, { maxDepth: MAX_DEPTH }, names);
    } catch (error) {
      if (!(error instanceof JsonReadError)) throw error;
      throw this.invalid(`is not what it should be: ${error.message}`, error);
    }
  }

  private number(name: string, text: JsonText | undefined): number {
    const value = Number(text);
    if (text === undefined || !/^\d{1,16}$/.test(text) || !Number.isSafeInteger(value)) {
      throw this.invalid(`has ${text === undefined ? 'no' : 'a wrong'} ${name}; it is a whole number from 0`);
    }
    return value;
  }

  private invalid(problem: string, cause?: Error): LoadInvalidError {
    return new LoadInvalidError(`line ${this.lineNumber} of the backup ${problem}`, { cause });
  }
}

function stringOf(text: JsonText): string | undefined {
  return contentOfJsonString(text);
}
