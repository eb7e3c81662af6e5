import { LogCorruptError, readLog, type LogContents, type LogVisitor } from '@kvasir/wal';
import { EXIT, type ExitStatus } from '../exit-status.js';
import type { StoppedLog } from './stopped-log.js';

/** How a log ends, by the service's own rules (docs/wal-format.md, "Recovery"). */
export type Verdict =
  | { readonly kind: 'whole'; readonly contents: LogContents }
  | { readonly kind: 'torn'; readonly contents: LogContents; readonly tornTail: NonNullable<LogContents['tornTail']> }
  | { readonly kind: 'corrupt'; readonly damage: LogCorruptError };

/** Reads a log as the service would at its start. */
export async function judge(
  { file, path }: StoppedLog,
  visitor: LogVisitor,
  onProgress?: (done: number, total: number) => void,
): Promise<Verdict> {
  try {
    const contents = await readLog(file, path, visitor, { onProgress });
    const { tornTail } = contents;
    return tornTail === undefined ? { kind: 'whole', contents } : { kind: 'torn', contents, tornTail };
  } catch (error) {
    if (error instanceof LogCorruptError) return { kind: 'corrupt', damage: error };
    throw error;
  }
}

/** The exit status that tells of a verdict. */
export function statusOf(verdict: Verdict): ExitStatus {
  if (verdict.kind === 'whole') return EXIT.ok;
  return verdict.kind === 'torn' ? EXIT.tornTail : EXIT.corrupt;
}

/** A verdict for people, a line an item; the first line says it all. */
export function describeVerdict(verdict: Verdict): string[] {
  if (verdict.kind === 'whole') {
    const { contents } = verdict;
    if (contents.bytes === 0) return ['clean end: the log is empty'];
    return [
      `clean end: ${contents.sealed ? 'the service was stopped cleanly' : 'every line is whole; the service was not stopped cleanly'}`,
    ];
  }
  if (verdict.kind === 'torn') {
    const { offset, line, reason, cutOffset, cutBytes } = verdict.tornTail;
    return [
      `torn tail at byte ${offset}, line ${line}: the line ${reason}`,
      `  It looks like a write that was never finished: with FSYNC=always, and a disk that changes nothing, no acknowledged`,
      `  write is in it. The service's next start, or`,
      `  \`kvasir wal repair\`, moves the ${count(cutBytes, 'byte')} from byte ${cutOffset} on to a file of their own and goes on.`,
    ];
  }
  const { offset, line, reason, evidence } = verdict.damage;
  return [
    `corrupt at byte ${offset}, line ${line}: the line ${reason}`,
    `  It is no torn tail, because ${evidence}.`,
    '  The service does not start with it. `kvasir wal repair --dry-run` says what a repair would drop.',
  ];
}

/** `1 byte`, `12,345 bytes`. */
export function count(number: number, thing: string, things = `${thing}s`): string {
  return `${number.toLocaleString('en-US')} ${number === 1 ? thing : things}`;
}
