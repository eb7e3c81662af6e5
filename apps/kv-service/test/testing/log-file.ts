import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

/** The lines of `<directory>/wal.log`, without their newlines. */
export function logLines(directory: string): string[] {
  const text = readFileSync(join(directory, 'wal.log'), 'utf8');
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

/** Puts a log there before a service starts. */
export function writeLog(directory: string, text: string): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'wal.log'), text);
}

/** A line as another program writes it: the contract's members and nothing else. */
export function foreignLine(line: object): string {
  return `${JSON.stringify(line)}\n`;
}

/** A line with our trailer (docs/wal-format.md), each a group of its own, made here from the format's description. */
export function ownLine(line: object, seq: number): string {
  const body = JSON.stringify({ ...line, seq, group: seq }).slice(0, -1);
  return `${body},"crc":"${crc32(body).toString(16).padStart(8, '0')}"}\n`;
}

/** Unix time in seconds, this many seconds ago. */
export function secondsAgo(seconds: number): number {
  return Math.floor(Date.now() / 1000) - seconds;
}
