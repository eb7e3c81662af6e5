import { LineEncoder } from './encoder.js';
import type { LogFile } from './file-system.js';
import type { LogRecord } from './record.js';
import { writeAll } from './write-all.js';

/**
 * Writes what was salvaged from a damaged log as a log that is whole: one compacted part with every line that was kept, in its order and with its revision, and the seal behind it. Gaps in the
 * revisions, which are damage elsewhere, are what a compacted part may have. Lines are collected until `flush`.
 */
export class RepairedLogWriter {
  private readonly encoder = new LineEncoder();
  private position = 0;
  private lines = 0;

  /** @param file a new, empty file */
  constructor(private readonly file: LogFile) {}

  /** Adds a data line. */
  add(record: Readonly<LogRecord>): void {
    const { key, value, timestamp, expiresAt, createdAt, seq } = record;
    if (record.kind === 'set') this.encoder.encodeSet(key, value, expiresAt, timestamp, createdAt, seq, 0);
    else this.encoder.encodeDelete(key, timestamp, seq, 0);
    this.lines++;
  }

  /** Writes the lines collected so far. */
  async flush(): Promise<void> {
    const { encoder } = this;
    await writeAll(this.file, encoder.bytes(), encoder.length, this.position);
    this.position += encoder.length;
    encoder.reset();
  }

  /**
   * Writes what is left and the seal, and syncs the file.
   *
   * @param lastSeq the last revision that was ever given out, so that none is given out twice
   * @param lastTimestamp the latest time in the damaged log, milliseconds of Unix time, so that time does not run backwards
   * @returns the bytes of the file
   */
  async finish(lastSeq: number, lastTimestamp: number): Promise<number> {
    const { encoder } = this;
    encoder.encodeSeal(lastTimestamp, lastSeq, this.lines);
    // A seal that is alone in its file could be damaged without anything behind it to show that it was once synced.
    if (this.lines === 0) encoder.encodeSeal(lastTimestamp, lastSeq);
    await this.flush();
    await this.file.sync();
    return this.position;
  }
}
