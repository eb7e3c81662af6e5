import { createHash, type Hash } from 'node:crypto';
import type { StoreSnapshot } from '@kvasir/kv-core';
import { entryLine, footerLine, headerLine } from './backup-format.js';

/** A piece of text ends with the entry that makes it this long, in UTF-16 units: well below a millisecond's work. */
const PIECE_UNITS = 64 * 1024;

/**
 * A snapshot as the text of a backup, whole lines in each piece. The snapshot is closed at the end, and when the reader stops early.
 *
 * @param onEntries told after each batch how many entries have been written
 */
export async function* writeBackup(
  snapshot: StoreSnapshot,
  onEntries?: (entries: number) => void,
): AsyncGenerator<string, void, undefined> {
  const { revision, time, keys } = snapshot;
  const hash = createHash('sha256');
  let entries = 0;
  let piece = headerLine({ revision, time, keys });
  try {
    for await (const batch of snapshot) {
      for (const entry of batch) {
        if (piece.length >= PIECE_UNITS) {
          yield hashed(hash, piece);
          piece = '';
        }
        piece += entryLine(entry);
      }
      entries += batch.length;
      onEntries?.(entries);
    }
    yield hashed(hash, piece);
    yield footerLine({ entries, revision, sha256: hash.digest('hex') });
  } finally {
    // The loop above closes it, unless this was left before the loop began.
    await snapshot.close();
  }
}

function hashed(hash: Hash, piece: string): string {
  hash.update(piece, 'utf8');
  return piece;
}
