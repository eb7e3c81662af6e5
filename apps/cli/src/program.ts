import { Command, CommanderError } from 'commander';
import { backupCommand, restoreCommand } from './backup/backup-commands.js';
import { CommandError } from './command-error.js';
import { copyCommand } from './copy/copy-command.js';
import { EXIT, type ExitStatus } from './exit-status.js';
import { codeOf } from './system-code.js';
import { keyCommand } from './key/key-command.js';
import { tell, type Terminal } from './terminal.js';
import { walCommand } from './wal/wal-command.js';

/** The whole command line program. */
export interface Program {
  /**
   * Runs one command.
   *
   * @param argv the arguments, without the program's own name
   * @returns the exit status
   */
  run(argv: readonly string[]): Promise<number>;
}

/** `kvasir` with its subcommands. */
export function createProgram(terminal: Terminal, version: string): Program {
  let status: ExitStatus = EXIT.ok;
  const finish = (result: ExitStatus): void => {
    status = result;
  };
  const root = new Command('kvasir')
    .description('Looks after the data of Kvasir, a durable key-value store.')
    .version(version)
    .showHelpAfterError('(--help lists what there is)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.output.write(text),
      writeErr: (text) => terminal.messages.write(text),
      getOutHelpWidth: () => 100,
      getErrHelpWidth: () => 100,
    });
  root.addCommand(walCommand(root, terminal, finish));
  root.addCommand(copyCommand(root, terminal, finish));
  root.addCommand(backupCommand(root, terminal, finish));
  root.addCommand(restoreCommand(root, terminal, finish));
  root.addCommand(keyCommand(root, terminal, finish));
  return {
    async run(argv) {
      try {
        await root.parseAsync(argv, { from: 'user' });
        return status;
      } catch (error) {
        // Commander has said what is wrong already; help and version come this way too.
        if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.failed;
        if (!isExpected(error)) throw error;
        tell(terminal, `kvasir: ${error.message}`);
        return EXIT.failed;
      }
    },
  };
}

/** Errors that are about the user's files, rather than about this program. */
function isExpected(error: unknown): error is Error {
  return error instanceof CommandError || codeOf(error) !== undefined;
}
