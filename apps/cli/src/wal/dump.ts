import { surveyLog, type LinePlace, type LogRecord } from '@kvasir/wal';
import type { ExitStatus } from '../exit-status.js';
import { printableJson, quoted } from '../printable.js';
import { drained, say, tell, type Terminal } from '../terminal.js';
import { paced } from './paced-file.js';
import { withProgress } from '../progress.js';
import { withStoppedLog } from './stopped-log.js';
import { describeVerdict, judge, statusOf } from './verdict.js';

export interface DumpOptions {
  readonly lock: boolean;
  readonly key?: string;
  readonly prefix?: string;
  readonly fromRevision?: number;
  readonly toRevision?: number;
  readonly json?: boolean;
}

/** `kvasir wal dump`: prints the lines of a log up to its end or its damage, which goes to standard error. */
export async function dumpLog(terminal: Terminal, directory: string, options: DumpOptions): Promise<ExitStatus> {
  return withStoppedLog(directory, options.lock ? 'look' : 'look without lock', async (log) => {
    const matches = matcher(options);
    const describe = options.json === true ? asJson : asText;
    const visit = (record: Readonly<LogRecord>, place: LinePlace): void => {
      if (matches(record)) say(terminal, describe(record, place));
    };
    const damage = await surveyLog(
      paced(log.file, () => drained(terminal)),
      visit,
    );
    // Without damage in its lines a log can still end in the midst of a transaction or a compacted part.
    const nobody = { set: () => undefined, delete: () => undefined };
    const verdict = await withProgress(terminal, 'Checking', (update) => judge(log, nobody, update));
    if (damage !== undefined || verdict.kind !== 'whole') {
      const [first, ...others] = describeVerdict(verdict);
      for (const line of [`kvasir: ${log.path}: ${first}`, ...others]) tell(terminal, line);
    }
    return statusOf(verdict);
  });
}

function matcher({ key, prefix, fromRevision, toRevision }: DumpOptions): (record: Readonly<LogRecord>) => boolean {
  const all = [key, prefix, fromRevision, toRevision].every((option) => option === undefined);
  return (record) => {
    if (all) return true;
    if (record.kind === 'seal') return false;
    if (key !== undefined && record.key !== key) return false;
    if (prefix !== undefined && !record.key.startsWith(prefix)) return false;
    return record.seq >= (fromRevision ?? 0) && record.seq <= (toRevision ?? Infinity);
  };
}

/** Such as `17  2023-11-14T22:13:20.250Z  set     "user:1"  "Alice"  expires 2023-11-14T22:18:20.250Z`. */
function asText(record: Readonly<LogRecord>, { foreign }: LinePlace): string {
  const { kind, seq, timestamp, txnIndex, txnLength, lines } = record;
  const parts = [String(seq).padStart(8), timeText(timestamp), kind.padEnd(6)];
  if (kind !== 'seal') parts.push(quoted(record.key));
  if (kind === 'set') {
    parts.push(printableJson(record.value));
    if (record.expiresAt !== Infinity) parts.push(`expires ${timeText(record.expiresAt)}`);
    if (record.createdAt !== undefined) parts.push(`created ${timeText(record.createdAt)}`);
  }
  if (lines >= 0) parts.push(`closes a compacted part of ${lines}`);
  if (txnLength > 0) parts.push(`(${txnIndex} of ${txnLength} in a transaction)`);
  if (foreign) parts.push('(foreign)');
  return parts.join('  ').trimEnd();
}

function asJson(record: Readonly<LogRecord>, { line, offset, foreign }: LinePlace): string {
  const { kind, seq, group, timestamp, expiresAt, createdAt, txnIndex, txnLength, lines } = record;
  const head: Record<string, unknown> = { line, offset, revision: seq, op: kind, timestamp };
  if (kind !== 'seal' && !foreign) head['group'] = group;
  if (txnLength > 0) head['txn'] = [txnIndex, txnLength];
  if (foreign) head['foreign'] = true;
  if (lines >= 0) head['lines'] = lines;
  if (kind === 'set') {
    head['expiresAt'] = expiresAt === Infinity ? null : expiresAt;
    if (createdAt !== undefined) head['createdAt'] = createdAt;
  }
  if (kind !== 'seal') head['key'] = record.key;
  const text = printableJson(JSON.stringify(head));
  // The value as it stands: parsed and written again it could lose digits.
  return kind === 'set' ? `${text.slice(0, -1)},"value":${printableJson(record.value)}}` : text;
}

/** The greatest time that a date can hold. */
const MAX_DATE_MS = 8.64e15;

function timeText(milliseconds: number): string {
  if (Math.abs(milliseconds) > MAX_DATE_MS) return `${milliseconds} ms`;
  return new Date(milliseconds).toISOString();
}
