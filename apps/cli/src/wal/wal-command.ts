import { Command, InvalidArgumentError } from 'commander';
import type { ExitStatus } from '../exit-status.js';
import type { Terminal } from '../terminal.js';
import { checkLog } from './check.js';
import { compactLog } from './compact.js';
import { dumpLog, type DumpOptions } from './dump.js';
import { repairLog, type RepairOptions } from './repair.js';

const DIRECTORY = "the service's data directory (DATA_DIR), which holds wal.log";
const NO_LOCK = 'look at the log of a running service too: a write that is under way may look like a torn tail';

const EXIT_STATUS = `
Exit status:
  0  done; the log is whole
  1  not done: wrong usage, no log there, the directory is in use, or an error of the file system
  2  the log ends in a torn tail: a last write that was never finished
  3  the log is corrupt

docs/cli.md has more, docs/wal-format.md the format of the log.`;

/**
 * `kvasir wal`: looks at, repairs and compacts the log of a service that is stopped.
 *
 * @param parent whose settings (output, errors) the commands take over
 * @param finish gets the exit status
 */
export function walCommand(parent: Command, terminal: Terminal, finish: (status: ExitStatus) => void): Command {
  const wal = new Command('wal')
    .copyInheritedSettings(parent)
    .description('Look at, repair and compact the log (wal.log) of a service that is stopped.')
    .addHelpText(
      'after',
      `
Examples:
  kvasir wal check ./data
  kvasir wal dump ./data --prefix user: | less
  kvasir wal repair ./data --dry-run
  kvasir wal compact ./data
${EXIT_STATUS}`,
    );

  wal
    .command('check')
    .description('Say how the log ends: cleanly, in a torn tail, or corrupt, and where. Changes nothing.')
    .argument('<dir>', DIRECTORY)
    .option('--no-lock', NO_LOCK)
    .addHelpText('after', EXIT_STATUS)
    .action(async (directory: string, options: { lock: boolean }) =>
      finish(await checkLog(terminal, directory, options)),
    );

  wal
    .command('dump')
    .description('Print the lines of the log, oldest first, up to its end or its damage. Changes nothing.')
    .argument('<dir>', DIRECTORY)
    .option('-k, --key <key>', 'only the lines of this key')
    .option('-p, --prefix <text>', 'only the lines of keys that start with this')
    .option('--from-revision <n>', 'only lines from this revision on', revision)
    .option('--to-revision <n>', 'only lines up to this revision', revision)
    .option('--json', 'one JSON object a line, with times in milliseconds of Unix time')
    .option('--no-lock', NO_LOCK)
    .addHelpText(
      'after',
      `
A line shows: revision, time (UTC), what was done, key, value, and what else there is to it. Control and
invisible characters are shown as escapes.

Examples:
  kvasir wal dump ./data --key user:1
  kvasir wal dump ./data --from-revision 1000 --to-revision 1999 --json > lines.json
${EXIT_STATUS}`,
    )
    .action(async (directory: string, options: DumpOptions) => finish(await dumpLog(terminal, directory, options)));

  wal
    .command('repair')
    .description('Make a damaged log one that the service starts with. Keeps a backup and says what it drops.')
    .argument('<dir>', DIRECTORY)
    .option('-n, --dry-run', 'say what would be dropped, and change nothing')
    .option('-y, --yes', 'do not ask; for scripts')
    .addHelpText(
      'after',
      `
A torn tail is moved to wal.log.torn-<time>, as the service does at its start. A corrupt log is kept whole as
wal.log.damaged-<time>; the new wal.log has every line that is valid by its checksum, before and behind the
damage. Dropped are damaged lines and atomic transactions that are not whole. No file is ever overwritten.

Examples:
  kvasir wal repair ./data --dry-run
  kvasir wal repair ./data
  kvasir wal repair ./data --yes && kvasir wal check ./data
${EXIT_STATUS}`,
    )
    .action(async (directory: string, options: RepairOptions) => finish(await repairLog(terminal, directory, options)));

  wal
    .command('compact')
    .description(
      'Rewrite the log so that it holds the live entries only. Needs room for the new log beside the old one.',
    )
    .argument('<dir>', DIRECTORY)
    .addHelpText(
      'after',
      `
Examples:
  kvasir wal compact ./data
${EXIT_STATUS}`,
    )
    .action(async (directory: string) => finish(await compactLog(terminal, directory)));

  return wal;
}

function revision(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number)) {
    throw new InvalidArgumentError('Allowed is a whole number from 0 to 9007199254740991.');
  }
  return number;
}
