import { isUtf8 } from 'node:buffer';
import { memberText } from './json-span.js';
import { emptyRecord, keyProblem, type LogRecord } from './record.js';

/** What only lines of ours have. */
const OWN_MEMBERS = ['seq', 'group', 'txn', 'crc'] as const;

/** Above this a timestamp is milliseconds: as seconds it would be the year 5138 and later (docs/contracts/kv.md). */
const MILLISECONDS_ABOVE = 1e11;
/** The greatest time that a JavaScript date can hold, in milliseconds. */
const MAX_TIMESTAMP = 8.64e15;

/**
 * Reads lines of another program's log: one JSON object a line, without sequence number and checksum, in any member order and
 * spacing. `docs/wal-format.md`, "Foreign lines".
 */
export class ForeignLineReader {
  /** The last line that `read` took, reused for the next one. */
  readonly record: LogRecord = emptyRecord();

  /**
   * Reads the line from `start` to `end` (its newline not included) into `record`.
   *
   * @returns undefined, or why it can not be read, as the end of the sentence "the line …"; `record` is then not to be used
   */
  read(bytes: Buffer, start: number, end: number): string | undefined {
    if (!isUtf8(bytes.subarray(start, end))) return 'is not UTF-8';
    let line: unknown;
    try {
      line = JSON.parse(bytes.toString('utf8', start, end));
    } catch {
      return 'is not JSON';
    }
    if (typeof line !== 'object' || line === null || Array.isArray(line)) return 'is not a JSON object';
    const members = new Map<string, unknown>(Object.entries(line));
    if (OWN_MEMBERS.some((name) => members.has(name))) {
      return 'has some of the members "seq", "group", "txn" and "crc", but is no sound line with all of them';
    }
    const problem = this.readCommon(members);
    if (problem !== undefined) return problem;
    return this.record.kind === 'set' ? this.readSet(members, bytes, start, end) : undefined;
  }

  private readCommon(members: Map<string, unknown>): string | undefined {
    const { record } = this;
    const op = members.get('op');
    if (op !== 'set' && op !== 'delete') return 'has an "op" that is neither "set" nor "delete"';
    const key = members.get('key');
    if (typeof key !== 'string') return 'has no "key" that is a string';
    const problem = keyProblem(key);
    if (problem !== undefined) return `has a key that ${problem}`;
    const timestamp = members.get('timestamp');
    if (typeof timestamp !== 'number' || !(timestamp >= 0 && timestamp <= MAX_TIMESTAMP)) {
      return `has no "timestamp" that is a number from 0 to ${MAX_TIMESTAMP}`;
    }
    record.kind = op;
    record.key = key;
    record.value = '';
    record.timestamp = Math.round(timestamp > MILLISECONDS_ABOVE ? timestamp : timestamp * 1000);
    record.expiresAt = Infinity;
    return undefined;
  }

  private readSet(members: Map<string, unknown>, bytes: Buffer, start: number, end: number): string | undefined {
    const { record } = this;
    const value = memberText(bytes, start, end, 'value');
    if (value === undefined) return 'has no "value"';
    record.value = value;
    const ttl = members.get('ttl') ?? null;
    if (ttl === null) return undefined;
    if (typeof ttl !== 'number') return 'has a "ttl" that is neither a number nor null';
    const expiresAt = Math.round(record.timestamp + ttl * 1000);
    record.expiresAt = expiresAt > Number.MAX_SAFE_INTEGER ? Infinity : Math.max(expiresAt, 0);
    return undefined;
  }
}
