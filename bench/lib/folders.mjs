import { once } from 'node:events';
import { createWriteStream, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders = new Set();
process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Runs work with a new folder, which is removed afterwards, an interrupted run's too. */
export async function withFolder(work) {
  const folder = await mkdtemp(join(tmpdir(), 'kvasir-bench-'));
  folders.add(folder);
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
    folders.delete(folder);
  }
}

/** A factor that shares none with a power of ten: `i * STEP % n` takes every number below n once, in no order, as keys come from users. */
export const STEP = 7_919_317;

/**
 * Writes a log of `count` lines.
 *
 * @param keyOf the key of line i
 * @param valueOf the JSON text of its value
 * @param expiryOf when it expires, Unix milliseconds
 * @returns the log's bytes
 */
export async function writeLog(path, count, keyOf, valueOf = (i) => `{"n":${i}}`, expiryOf = () => Infinity) {
  const { LineEncoder } = await import('../../dist/libs/wal/src/index.js');
  const encoder = new LineEncoder();
  const file = createWriteStream(path);
  for (let i = 0; i < count; i++) {
    const seq = i + 1;
    encoder.encodeSet(keyOf(i), valueOf(i), expiryOf(i), 1_700_000_000_000 + seq, undefined, seq, seq);
    if (encoder.length > 1024 * 1024 || seq === count) {
      const room = file.write(Buffer.from(encoder.bytes()));
      encoder.reset();
      if (!room) await once(file, 'drain');
    }
  }
  file.end();
  await once(file, 'finish');
  return file.bytesWritten;
}
