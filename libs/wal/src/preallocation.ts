import type { LogFile } from './file-system.js';
import { SPACE } from './line-syntax.js';

/** How a log takes space ahead of its lines: a sync of bytes that the file has already needs no change to the file system's own records (docs/adr/0027). */
export interface Preallocation {
  /** How many blank bytes are written behind a group that there was no space for; 0 or more. Not behind one that is longer than a quarter of them: its own bytes take so long to write that there is nothing to gain. */
  readonly bytes: number;
  /** How many bytes a run appends before it takes space ahead; 0 or more. So a log that is hardly written holds nothing but its lines. */
  readonly after: number;
}

/** A group with so much behind it takes hardly longer than one that only makes the file longer by itself. */
export const PREALLOCATION: Preallocation = { bytes: 256 * 1024, after: 64 * 1024 };

/** No byte that a line of ours ends with, so that one of which a part was written over blank bytes never looks whole, nor does a text in its value that looks like a line. */
const BLANK = SPACE;

const READ_BYTES = 64 * 1024;

/**
 * Where the lines of a log end: behind the last byte that is not blank. What a writer took ahead, and left when it was killed, lies between there and the file's end.
 *
 * @param size the file's length, if it is known
 * @returns bytes from the start of the file; 0 if there is nothing but blank bytes
 */
export async function endOfLines(file: Pick<LogFile, 'read' | 'size'>, size?: number): Promise<number> {
  const fileEnd = size ?? (await file.size());
  const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, fileEnd));
  for (let end = fileEnd; end > 0;) {
    const from = Math.max(0, end - buffer.length);
    // Each piece is only read once all behind it is known to be blank.
    // oxlint-disable-next-line no-await-in-loop
    await readWhole(file, buffer, end - from, from);
    let last = end - from - 1;
    while (last >= 0 && buffer[last] === BLANK) last--;
    if (last >= 0) return from + last + 1;
    end = from;
  }
  return 0;
}

async function readWhole(file: Pick<LogFile, 'read'>, target: Buffer, length: number, position: number): Promise<void> {
  for (let done = 0; done < length;) {
    // oxlint-disable-next-line no-await-in-loop -- the next read starts where this one stopped
    const count = await file.read(target, done, length - done, position + done);
    if (count === 0) throw new Error(`The file ended at byte ${position + done} of ${position + length}`);
    done += count;
  }
}

/** What a writer knows of the space that it took ahead. */
export class PreallocatedSpace {
  private appended = 0;
  private fileEnd = 0;

  constructor(private readonly options: Preallocation) {}

  /** Whether the file goes on behind the end of its lines. */
  isBehind(linesEnd: number): boolean {
    return this.fileEnd > linesEnd;
  }

  /**
   * What to write so that the groups behind this one find space.
   *
   * @param position where the lines are to stand
   * @returns a copy of the lines with blank bytes behind them; undefined while there is space for the lines, or none is to be taken
   */
  padded(lines: Uint8Array, position: number): Uint8Array | undefined {
    const { bytes, after } = this.options;
    const fits = position + lines.length <= this.fileEnd;
    if (fits || this.appended < after || lines.length > bytes / 4) return undefined;
    const padded = Buffer.allocUnsafe(lines.length + bytes);
    padded.set(lines);
    padded.fill(BLANK, lines.length);
    return padded;
  }

  /** So many bytes of lines were appended. */
  add(bytes: number): void {
    this.appended += bytes;
  }

  /** The file reaches to here now. */
  endsAt(fileEnd: number): void {
    this.fileEnd = fileEnd;
  }

  /** The file was cut to its lines, or another one took its place. */
  isGone(): void {
    this.fileEnd = 0;
  }

  /** There was no space to take: it is tried again when as much as before the first time was appended. */
  wasRefused(): void {
    this.appended = 0;
  }
}
