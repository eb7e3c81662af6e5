import fc from 'fast-check';
import { LineEncoder } from '../encoder.js';
import type { LogVisitor } from '../record.js';
import { readLog, type LogContents } from '../recovery.js';
import type { ScanOptions } from '../scanner.js';
import { MemoryFile } from './memory-file-system.js';

/** What a visitor was told, as plain text to compare. */
export class RecordingVisitor implements LogVisitor {
  readonly events: string[] = [];

  set(
    key: string,
    value: string,
    expiresAt: number,
    updatedAt: number,
    createdAt: number | undefined,
    seq: number,
  ): void {
    this.events.push(`set ${key}=${value} expires ${expiresAt} at ${updatedAt} created ${createdAt} seq ${seq}`);
  }

  delete(key: string, at: number, seq: number): void {
    this.events.push(`delete ${key} at ${at} seq ${seq}`);
  }
}

/** The bytes of one line, as `encode` writes it. */
export function encoded(encode: (encoder: LineEncoder) => void): Buffer {
  const encoder = new LineEncoder();
  encode(encoder);
  return Buffer.from(encoder.bytes());
}

/** A plain `set` line of seq and group, of a transaction if `txn` says so. */
export function setLine(seq: number, group: number, txn?: readonly [number, number], value = `"v${seq}"`): Buffer {
  const at = 1_700_000_000_000 + seq * 250;
  return encoded((e) => e.encodeSet(`k${seq}`, value, Infinity, at, undefined, seq, group, txn?.[0], txn?.[1]));
}

/** A plain `delete` line. */
export function deleteLine(seq: number, group: number, txn?: readonly [number, number]): Buffer {
  return encoded((e) => e.encodeDelete(`k${seq}`, 1_700_000_000_000 + seq * 250, seq, group, txn?.[0], txn?.[1]));
}

/** A seal; with `lines` that of a compacted part. */
export function sealLine(seq: number, lines?: number): Buffer {
  return encoded((e) => e.encodeSeal(1_700_000_100_000, seq, lines));
}

/** A file in memory that holds the given bytes. */
export function memoryFile(...parts: readonly (Buffer | string)[]): MemoryFile {
  const file = new MemoryFile();
  file.bytes = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
  return file;
}

/** Reads the given bytes as a log. */
export async function read(
  parts: readonly (Buffer | string)[],
  options?: ScanOptions,
): Promise<{ contents: LogContents; events: string[] }> {
  const visitor = new RecordingVisitor();
  const contents = await readLog(memoryFile(...parts), 'wal.log', visitor, options);
  return { contents, events: visitor.events };
}

/** Checks a property on random input, from `KV_SEED` if that is set, and prints the seed, so that any run can be repeated. */
export async function checkProperty<T>(
  name: string,
  property: fc.IAsyncProperty<T>,
  runs: number,
  seed?: number,
): Promise<void> {
  const used = seed ?? Number(process.env['KV_SEED'] ?? Date.now() % 0x7fffffff);
  process.stdout.write(`${name}: seed ${used}\n`);
  await fc.assert(property, { seed: used, numRuns: runs });
}
