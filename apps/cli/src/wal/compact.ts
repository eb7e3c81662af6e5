import { openLogStore, type CompactionEvent, type OpenedLogStore } from '@kvasir/engine-wal';
import { DataCorruptError } from '@kvasir/kv-core';
import { LogCorruptError } from '@kvasir/wal';
import { CommandError } from '../command-error.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { say, tell, type Terminal } from '../terminal.js';
import { withProgress } from '../progress.js';
import { requireLog } from './stopped-log.js';
import { count, describeVerdict, statusOf, type Verdict } from './verdict.js';

/** `kvasir wal compact`: rewrites a log so that it holds the live entries only, as the service does beside its work. */
export async function compactLog(terminal: Terminal, directory: string): Promise<ExitStatus> {
  const path = await requireLog(directory);
  const ending = new CompactionEnding();
  let opened: OpenedLogStore;
  try {
    opened = await withProgress(terminal, 'Reading', (onProgress) =>
      openLogStore({ directory, onProgress, onFailure: ending.fail, onCompaction: ending.take }),
    );
  } catch (error) {
    const damage = error instanceof DataCorruptError ? error.cause : undefined;
    if (!(damage instanceof LogCorruptError)) throw error;
    const verdict: Verdict = { kind: 'corrupt', damage };
    const [first, ...others] = describeVerdict(verdict);
    for (const line of [`kvasir: ${path}: ${first}`, ...others]) tell(terminal, line);
    return statusOf(verdict);
  }
  const { store, report, maintenance } = opened;
  try {
    if (report.tornTail !== undefined) {
      say(
        terminal,
        `${path}: a torn tail of ${count(report.tornTail.cutBytes, 'byte')} was moved to ${report.tornTail.savedTo}.`,
      );
    }
    maintenance.compact();
    const { bytesBefore, bytesAfter, entries, milliseconds } = await ending.result;
    const seconds = (milliseconds / 1000).toFixed(1);
    say(
      terminal,
      `${path}: ${count(bytesBefore, 'byte')} became ${count(bytesAfter, 'byte')} with ${count(entries, 'live entry', 'live entries')}, in ${seconds} s.`,
    );
    return EXIT.ok;
  } finally {
    await store.close();
  }
}

type Completed = Extract<CompactionEvent, { type: 'completed' }>['compaction'];

/** How the one compaction that was asked for ends. */
class CompactionEnding {
  readonly result: Promise<Completed>;
  private resolve!: (result: Completed) => void;
  private reject!: (error: Error) => void;

  constructor() {
    this.result = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // It may fail before anyone awaits it.
    this.result.catch(() => undefined);
  }

  readonly take = (event: CompactionEvent): void => {
    if (event.type === 'completed') this.resolve(event.compaction);
    else if (event.type === 'failed') this.fail(event.error);
  };

  readonly fail = (error: Error): void => {
    this.reject(new CommandError(`the log was not compacted: ${error.message}`));
  };
}
