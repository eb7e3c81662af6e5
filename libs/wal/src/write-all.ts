import type { LogFile } from './file-system.js';

/** `LogFile.write`, or another call that writes as it does. */
type Write = LogFile['write'];

/** Writes the first `length` bytes of `source` at `position`, in as many writes as the file system takes. */
export async function writeAll(file: LogFile, source: Uint8Array, length: number, position: number): Promise<void> {
  await writeAllBy((...piece) => file.write(...piece), source, length, position);
}

/** The same by a call of the caller's choice. */
export async function writeAllBy(write: Write, source: Uint8Array, length: number, position: number): Promise<void> {
  let written = 0;
  while (written < length) {
    // The next write starts where this one stopped.
    // oxlint-disable-next-line no-await-in-loop
    const count = await write(source, written, length - written, position + written);
    if (count <= 0) throw new Error(`the file took ${written} of ${length} bytes and no more`);
    written += count;
  }
}
