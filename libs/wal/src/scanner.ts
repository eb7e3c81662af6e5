import type { LogFile } from './file-system.js';
import { NEWLINE } from './line-syntax.js';
import { MAX_LINE_BYTES } from './record.js';

/** How many bytes of the log are read at a time; between two reads the event loop runs. */
const CHUNK_BYTES = 1024 * 1024;

/** How a line ends: with its newline, because the file does, or it is longer than a line may be and was not kept. */
export type LineEnd = 'newline' | 'end-of-file' | 'too-long';

/** How many lines of a chunk a sink is told of at a time. */
const LINES_AT_ONCE = 16_384;

/** Takes the lines of a file one by one. */
export interface LineSink {
  /**
   * Called before `line` is called for each of some lines: those of `bytes` from `start` on whose newlines are at `ends`. The first may be the rest of a line that is too long.
   */
  lines?(bytes: Buffer, start: number, ends: readonly number[]): void;
  /** Called before the bytes that `line` was given change. */
  releaseBytes?(): void;
  /**
   * One line: `bytes` from `start` to `end`, newline not included, good until {@link releaseBytes} is called (empty for `too-long`).
   *
   * @param offset of the line's first byte in the file
   * @returns false to end the scan
   */
  line(bytes: Buffer, start: number, end: number, offset: number, ending: LineEnd): boolean;
}

export interface ScanOptions {
  /** Called after each chunk, with the bytes done and the bytes there are. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** In bytes; 1 MiB unless a test wants less. */
  readonly chunkBytes?: number | undefined;
  /** In bytes; `MAX_LINE_BYTES` unless a test wants less. */
  readonly maxLineBytes?: number | undefined;
}

/**
 * Reads the first `size` bytes of a file and gives its lines to `sink`. Holds one chunk, or one line where that is longer.
 */
export async function scanLines(
  file: Pick<LogFile, 'read'>,
  size: number,
  sink: LineSink,
  options: ScanOptions = {},
): Promise<void> {
  const { onProgress, chunkBytes = CHUNK_BYTES, maxLineBytes = MAX_LINE_BYTES } = options;
  let buffer = Buffer.allocUnsafeSlow(chunkBytes);
  /** The start of a line whose end has not been read yet fills the buffer up to here. */
  let filled = 0;
  /** Offset in the file of the buffer's first byte. */
  let base = 0;
  /** Where a line that is too long starts; its bytes are dropped as they come. */
  let tooLongFrom = -1;

  while (base + filled < size) {
    if (filled === buffer.length) {
      const grown = Buffer.allocUnsafeSlow(Math.min(2 * buffer.length, maxLineBytes + chunkBytes));
      buffer.copy(grown, 0, 0, filled);
      buffer = grown;
    }
    const wanted = Math.min(buffer.length - filled, size - base - filled);
    // One chunk after the other is the point: the next one needs the end of this one.
    // oxlint-disable-next-line no-await-in-loop
    const count = await file.read(buffer, filled, wanted, base + filled);
    if (count === 0) throw new Error(`The file ended at byte ${base + filled}, but it had ${size} when it was opened`);
    let searchFrom = filled;
    filled += count;

    let lineStart = 0;
    const readable = buffer.subarray(0, filled);
    for (;;) {
      const ends = newlinesFrom(readable, searchFrom);
      if (ends.length === 0) break;
      sink.lines?.(readable, lineStart, ends);
      for (const newline of ends) {
        const isTooLong = tooLongFrom >= 0 || newline - lineStart > maxLineBytes;
        const offset = tooLongFrom >= 0 ? tooLongFrom : base + lineStart;
        tooLongFrom = -1;
        const goesOn = isTooLong
          ? sink.line(readable, 0, 0, offset, 'too-long')
          : sink.line(readable, lineStart, newline, offset, 'newline');
        if (!goesOn) {
          sink.releaseBytes?.();
          return;
        }
        lineStart = newline + 1;
      }
      searchFrom = lineStart;
    }

    sink.releaseBytes?.();
    if (tooLongFrom < 0 && filled - lineStart > maxLineBytes) tooLongFrom = base + lineStart;
    if (tooLongFrom >= 0) lineStart = filled;
    if (lineStart > 0) {
      buffer.copyWithin(0, lineStart, filled);
      base += lineStart;
      filled -= lineStart;
    }
    onProgress?.(base + filled, size);
  }

  if (tooLongFrom >= 0) sink.line(buffer, 0, 0, tooLongFrom, 'too-long');
  else if (filled > 0) sink.line(buffer, 0, filled, base, 'end-of-file');
  sink.releaseBytes?.();
}

/** Where the next newlines are, {@link LINES_AT_ONCE} at most. */
function newlinesFrom(bytes: Buffer, from: number): number[] {
  const found: number[] = [];
  for (let at = from; found.length < LINES_AT_ONCE; at = found.at(-1)! + 1) {
    const newline = bytes.indexOf(NEWLINE, at);
    if (newline < 0) break;
    found.push(newline);
  }
  return found;
}
