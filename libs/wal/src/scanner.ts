import type { LogFile } from './file-system.js';
import { NEWLINE } from './line-syntax.js';
import { MAX_LINE_BYTES } from './record.js';

/** How many bytes of the log are read at a time; between two reads the event loop runs. */
const CHUNK_BYTES = 1024 * 1024;

/** How a line ends: with its newline, because the file does, or it is longer than a line may be and was not kept. */
export type LineEnd = 'newline' | 'end-of-file' | 'too-long';

/** Takes the lines of a file one by one. */
export interface LineSink {
  /**
   * One line: `bytes` from `start` to `end`, newline not included, good only during this call (empty for `too-long`).
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
      const newline = readable.indexOf(NEWLINE, searchFrom);
      if (newline < 0) break;
      if (tooLongFrom >= 0 || newline - lineStart > maxLineBytes) {
        const offset = tooLongFrom >= 0 ? tooLongFrom : base + lineStart;
        tooLongFrom = -1;
        if (!sink.line(readable, 0, 0, offset, 'too-long')) return;
      } else if (!sink.line(readable, lineStart, newline, base + lineStart, 'newline')) {
        return;
      }
      lineStart = newline + 1;
      searchFrom = lineStart;
    }

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
}
