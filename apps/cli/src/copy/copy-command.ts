import { Command, Option } from 'commander';
import type { ExitStatus } from '../exit-status.js';
import type { Terminal } from '../terminal.js';
import { copyStore, type CopyOptions } from './copy.js';
import { STORE_FORMS } from './place.js';

export const DEFAULT_SCHEMA = 'kvasir';

/** What `postgres:` stands for, so that a password need not be among a command's arguments, which other users of the machine may see. */
export function databaseUrlOption(): Option {
  return new Option('--database-url <url>', 'the database that `postgres:` stands for').env('DATABASE_URL');
}

/**
 * `kvasir copy`: from one engine to another.
 *
 * @param parent whose settings (output, errors) the command takes over
 * @param finish gets the exit status
 */
export function copyCommand(parent: Command, terminal: Terminal, finish: (status: ExitStatus) => void): Command {
  return new Command('copy')
    .copyInheritedSettings(parent)
    .description(
      'Copy all entries of a store into an empty one, with revisions, times and expiries, and compare the two.',
    )
    .requiredOption('--from <store>', STORE_FORMS)
    .requiredOption('--to <store>', 'the same; must be empty')
    .addOption(databaseUrlOption())
    .option('--from-schema <name>', 'schema of the database that is copied from', DEFAULT_SCHEMA)
    .option('--to-schema <name>', 'schema of the database that is copied to', DEFAULT_SCHEMA)
    .addHelpText(
      'after',
      `
A data directory must not be in use: stop its service first. A copy that is cut off leaves the target empty: run it
again, and it starts over. What is written to a database meanwhile is not copied.

Examples:
  kvasir copy --from wal:./data --to postgres: (with DATABASE_URL)
  kvasir copy --from postgres://kvasir@localhost/kvasir --to wal:./data
  kvasir copy --from wal:./data --to wal:/mnt/new/data

Exit status:
  0  done; both sides hold the same
  1  not done; the target is as it was, unless the message says that it differs`,
    )
    .action(async (options: CopyOptions) => finish(await copyStore(terminal, options)));
}
