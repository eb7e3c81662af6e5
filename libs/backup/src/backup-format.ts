import { NEVER, type Entry } from '@kvasir/kv-core';

/** What the first line says it is. */
export const BACKUP_FORMAT = 'kvasir-backup';
/** Of the form that is written and read here. */
export const BACKUP_VERSION = 1;

/** Media type of a backup: one JSON text a line. */
export const BACKUP_CONTENT_TYPE = 'application/x-ndjson';

/** The first line: what the entries are a snapshot of. */
export interface BackupHeader {
  /** The store's revision. */
  readonly revision: number;
  /** The store's time, Unix milliseconds: what had expired by then is left out. */
  readonly time: number;
  /** How many entries follow. */
  readonly keys: number;
}

/** The last line: whoever has it has the whole. */
export interface BackupFooter {
  readonly entries: number;
  readonly revision: number;
  /** SHA-256 of all bytes before this line, their newlines included, as 64 hexadecimal digits. */
  readonly sha256: string;
}

/** The header's line, newline included. */
export function headerLine({ revision, time, keys }: BackupHeader): string {
  return `${JSON.stringify({ format: BACKUP_FORMAT, version: BACKUP_VERSION, revision, time, keys })}\n`;
}

/** An entry's line, newline included. The value is last, as the text that the store keeps. */
export function entryLine({ key, value, revision, createdAt, updatedAt, expiresAt }: Entry): string {
  const expires = expiresAt === NEVER ? '' : `,"expires":${expiresAt}`;
  return `{"key":${JSON.stringify(key)},"revision":${revision},"created":${createdAt},"updated":${updatedAt}${expires},"value":${value}}\n`;
}

/** The footer's line, newline included. */
export function footerLine({ entries, revision, sha256 }: BackupFooter): string {
  return `${JSON.stringify({ entries, revision, sha256 })}\n`;
}
