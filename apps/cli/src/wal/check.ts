import { surveyLog, type LogRecord } from '@kvasir/wal';
import type { ExitStatus } from '../exit-status.js';
import { say, type Terminal } from '../terminal.js';
import { withProgress } from '../progress.js';
import { withStoppedLog } from './stopped-log.js';
import { count, describeVerdict, judge, statusOf } from './verdict.js';

/** What is in the good part of a log. */
class Counts {
  sets = 0;
  deletes = 0;
  seals = 0;
  foreign = 0;
  compacted = 0;
  groups = 0;
  transactions = 0;
  lastRevision = 0;
  lastTimestamp = 0;
  private lastGroup = 0;

  add(record: Readonly<LogRecord>, foreign: boolean): void {
    if (record.kind === 'seal') this.seals++;
    else if (record.kind === 'set') this.sets++;
    else if (record.kind === 'delete') this.deletes++;
    if (foreign) this.foreign++;
    else if (record.kind !== 'seal' && record.group === 0) this.compacted++;
    if (record.group !== 0 && record.group !== this.lastGroup) {
      this.groups++;
      this.lastGroup = record.group;
    }
    if (record.txnIndex === 1) this.transactions++;
    this.lastRevision = Math.max(this.lastRevision, record.seq);
    this.lastTimestamp = Math.max(this.lastTimestamp, record.timestamp);
  }
}

/** `kvasir wal check`: says how a log ends and what is in it. */
export async function checkLog(
  terminal: Terminal,
  directory: string,
  options: { readonly lock: boolean },
): Promise<ExitStatus> {
  return withStoppedLog(directory, options.lock ? 'look' : 'look without lock', async (log) => {
    const nobody = { set: () => undefined, delete: () => undefined };
    const verdict = await withProgress(terminal, 'Checking', (update) => judge(log, nobody, update));
    const counts = new Counts();
    const visit = (record: Readonly<LogRecord>, { foreign }: { foreign: boolean }): void => counts.add(record, foreign);
    await withProgress(terminal, 'Counting', (onProgress) => surveyLog(log.file, visit, { onProgress }));
    const size = await log.file.size();
    const blank = verdict.kind === 'corrupt' ? 0 : verdict.contents.blankBytes;
    for (const line of describe(log.path, { size, blank }, describeVerdict(verdict), counts)) say(terminal, line);
    return statusOf(verdict);
  });
}

function describe(
  path: string,
  { size, blank }: { readonly size: number; readonly blank: number },
  verdict: readonly string[],
  counts: Counts,
): string[] {
  const lines = counts.sets + counts.deletes;
  const [first, ...others] = verdict;
  const result = [`${path}: ${first}`, ...others, `  size           ${count(size, 'byte')}`];
  if (blank > 0) result.push(`  blank          ${count(blank, 'byte')} of them, behind the last line`);
  result.push(
    `  good lines     ${(lines + counts.seals).toLocaleString('en-US')}: ${count(counts.sets, 'set')}, ${count(counts.deletes, 'delete')}, ${count(counts.seals, 'seal')}`,
  );
  if (counts.foreign > 0)
    result.push(`  foreign        ${count(counts.foreign, 'line')} of another program, without checksums`);
  if (counts.compacted > 0) result.push(`  compacted      ${count(counts.compacted, 'line')}`);
  result.push(`  groups         ${counts.groups.toLocaleString('en-US')}, each written together`);
  result.push(`  transactions   ${counts.transactions.toLocaleString('en-US')} of several lines`);
  result.push(`  last revision  ${counts.lastRevision}`);
  if (counts.lastTimestamp > 0) result.push(`  latest time    ${new Date(counts.lastTimestamp).toISOString()}`);
  return result;
}
