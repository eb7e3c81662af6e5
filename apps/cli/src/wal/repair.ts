import { openLog, salvageLog, type Salvaged } from '@kvasir/wal';
import { CommandError } from '../command-error.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { confirm, drained, say, tell, type Terminal } from '../terminal.js';
import { withProgress } from '../progress.js';
import { replaceBySalvage } from './replace-by-salvage.js';
import { withStoppedLog, type StoppedLog } from './stopped-log.js';
import { count, describeVerdict, judge, statusOf, type Verdict } from './verdict.js';

export interface RepairOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

const NOBODY = { set: () => undefined, delete: () => undefined };

/** `kvasir wal repair`: says what is damaged and what would go, asks, keeps a backup, and leaves a log that the service starts with. */
export async function repairLog(terminal: Terminal, directory: string, options: RepairOptions): Promise<ExitStatus> {
  return withStoppedLog(directory, options.dryRun === true ? 'look' : 'change', async (log) => {
    const verdict = await withProgress(terminal, 'Checking', (update) => judge(log, NOBODY, update));
    const [first, ...others] = describeVerdict(verdict);
    for (const line of [`${log.path}: ${first}`, ...others]) say(terminal, line);
    if (verdict.kind === 'whole') {
      say(terminal, 'Nothing to repair; nothing was changed.');
      return EXIT.ok;
    }
    const salvaged = verdict.kind === 'torn' ? undefined : await sayWhatGoes(terminal, log);
    if (options.dryRun === true) {
      say(terminal, 'Nothing was changed (--dry-run).');
      return statusOf(verdict);
    }
    if (!(options.yes === true || (await agreed(terminal)))) {
      say(terminal, 'Nothing was changed.');
      return EXIT.failed;
    }
    if (salvaged === undefined) await cutTail(terminal, log);
    else await rewrite(terminal, log, salvaged);
    return confirmRepaired(terminal, log.directory);
  });
}

/** Lists what a repair drops, as it is found. */
async function sayWhatGoes(terminal: Terminal, { file }: StoppedLog): Promise<Salvaged> {
  say(terminal, 'A repair drops:');
  let gaps = 0;
  const salvaged = await salvageLog(file, {
    keep: () => undefined,
    drop({ firstLine, lastLine, offset, bytes, reason }) {
      const lines = firstLine === lastLine ? `line ${firstLine}` : `lines ${firstLine} to ${lastLine}`;
      say(
        terminal,
        `  ${lines}, ${count(bytes, 'byte')} from byte ${offset} on: ${firstLine === lastLine ? 'it' : 'the first'} ${reason}`,
      );
    },
    missing(from, to) {
      gaps++;
      say(
        terminal,
        from === to ? `  revision ${from} is gone with it` : `  revisions ${from} to ${to} are gone with it`,
      );
    },
  });
  await drained(terminal);
  if (salvaged.drops === 0 && gaps === 0) say(terminal, '  nothing: every write in it can be read');
  say(terminal, `It keeps ${count(salvaged.kept, 'write')}; the last revision stays ${salvaged.lastSeq}.`);
  return salvaged;
}

async function agreed(terminal: Terminal): Promise<boolean> {
  if (terminal.input.isTTY !== true) {
    throw new CommandError(
      'there is no terminal to ask on; --yes repairs without asking, --dry-run shows what would be dropped',
    );
  }
  return confirm(terminal, 'Repair the log? A backup is kept.');
}

async function cutTail(terminal: Terminal, { directory }: StoppedLog): Promise<void> {
  const { report, writer } = await openLog({ directory, visitor: NOBODY });
  await writer.close();
  if (report.tornTail === undefined) throw new CommandError('the log has changed meanwhile; nothing was done');
  const { cutBytes, savedTo } = report.tornTail;
  say(terminal, `moved ${count(cutBytes, 'byte')} to ${savedTo}.`);
}

async function rewrite(terminal: Terminal, log: StoppedLog, salvaged: Salvaged): Promise<void> {
  const backup = await withProgress(terminal, 'Writing', (update) =>
    replaceBySalvage(log, salvaged, Date.now(), update),
  );
  say(terminal, `The damaged log is kept as ${backup}.`);
}

/** Reads the repaired log as the service will. */
async function confirmRepaired(terminal: Terminal, directory: string): Promise<ExitStatus> {
  const verdict: Verdict = await withStoppedLog(directory, 'look without lock', (log) =>
    withProgress(terminal, 'Checking', (update) => judge(log, NOBODY, update)),
  );
  if (verdict.kind === 'whole') {
    say(terminal, 'The log is repaired: the service can be started.');
    return EXIT.ok;
  }
  for (const line of describeVerdict(verdict)) tell(terminal, line);
  return statusOf(verdict);
}
