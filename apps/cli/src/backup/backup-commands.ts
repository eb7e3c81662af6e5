import { Command, Option } from 'commander';
import { databaseUrlOption, DEFAULT_SCHEMA } from '../copy/copy-command.js';
import { PLACE_FORMS } from '../copy/place.js';
import type { ExitStatus } from '../exit-status.js';
import type { Terminal } from '../terminal.js';
import { backUp, type BackupOptions } from './backup.js';
import { restore, type RestoreOptions } from './restore.js';

function adminKeyOption(): Option {
  return new Option('--admin-key <key>', 'for a service: its ADMIN_KEY, or an API key with the verb admin').env(
    'KVASIR_ADMIN_KEY',
  );
}

function schemaOption(): Option {
  return new Option('--schema <name>', 'for a database: its schema').env('DATABASE_SCHEMA').default(DEFAULT_SCHEMA);
}

/**
 * `kvasir backup`: a store into a file.
 *
 * @param parent whose settings (output, errors) the command takes over
 * @param finish gets the exit status
 */
export function backupCommand(parent: Command, terminal: Terminal, finish: (status: ExitStatus) => void): Command {
  return new Command('backup')
    .copyInheritedSettings(parent)
    .description('Write all entries of a store, at one revision, to a file. A service or database goes on meanwhile.')
    .requiredOption('--from <place>', PLACE_FORMS)
    .requiredOption('--to <file>', 'a new file; packed with gzip if its name ends in .gz')
    .addOption(adminKeyOption())
    .addOption(databaseUrlOption())
    .addOption(schemaOption())
    .addHelpText(
      'after',
      `
The file has its name only once it is whole, checked and on disk.

Examples:
  KVASIR_ADMIN_KEY=… kvasir backup --from http://localhost:8000 --to kvasir.ndjson.gz
  kvasir backup --from wal:./data --to kvasir.ndjson

Exit status:
  0  done
  1  not done; there is no file`,
    )
    .action(async (options: BackupOptions) => finish(await backUp(terminal, options)));
}

/** `kvasir restore`: a file into a store. The parameters are those of {@link backupCommand}. */
export function restoreCommand(parent: Command, terminal: Terminal, finish: (status: ExitStatus) => void): Command {
  return new Command('restore')
    .copyInheritedSettings(parent)
    .description('Put the entries of a backup into a store, once all of the file has been checked.')
    .requiredOption('--from <file>', 'what `kvasir backup` or /admin/export wrote')
    .requiredOption('--to <place>', PLACE_FORMS)
    .addOption(
      new Option(
        '--mode <mode>',
        'fill: into a store without keys. replace: in place of all that is there. merge: over what is there; other keys stay',
      )
        .choices(['fill', 'replace', 'merge'])
        .default('fill'),
    )
    .option('-n, --dry-run', 'only check the file')
    .addOption(adminKeyOption())
    .addOption(databaseUrlOption())
    .addOption(schemaOption())
    .addHelpText(
      'after',
      `
fill and replace put in all or nothing, and keep revisions. merge writes entry by entry, with new revisions; if it is
cut off, do it again.

Examples:
  KVASIR_ADMIN_KEY=… kvasir restore --from kvasir.ndjson.gz --to http://localhost:8000
  kvasir restore --from kvasir.ndjson --to postgres: --mode replace

Exit status:
  0  done
  1  not done`,
    )
    .action(async (options: RestoreOptions) => finish(await restore(terminal, options)));
}
