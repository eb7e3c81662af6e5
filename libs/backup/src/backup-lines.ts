import { LoadInvalidError } from '@kvasir/kv-core';

const NEWLINE = 0x0a;

/** As long as a line of the log may be: a reader holds a whole line in memory. */
const MAX_LINE_BYTES = 256 * 1024 * 1024;

/** Cuts bytes that come in pieces into lines. */
export class BackupLines {
  /** Pieces of a line whose end has not come. */
  private parts: Buffer[] = [];
  private partBytes = 0;

  /** Bytes behind the last newline. */
  get unfinished(): number {
    return this.partBytes;
  }

  /** The lines that end in this piece, each with its newline. A line that lies in one piece is a view of it. */
  *take(piece: Buffer): Generator<Buffer, void, undefined> {
    let start = 0;
    for (let end = piece.indexOf(NEWLINE); end >= 0; end = piece.indexOf(NEWLINE, start)) {
      const line = piece.subarray(start, end + 1);
      start = end + 1;
      if (this.partBytes === 0) {
        yield line;
      } else {
        const whole = Buffer.concat([...this.parts, line]);
        this.parts = [];
        this.partBytes = 0;
        yield whole;
      }
    }
    if (start === piece.length) return;
    this.parts.push(piece.subarray(start));
    this.partBytes += piece.length - start;
    if (this.partBytes > MAX_LINE_BYTES)
      throw new LoadInvalidError(`the backup has a line of more than ${MAX_LINE_BYTES} bytes`);
  }
}
