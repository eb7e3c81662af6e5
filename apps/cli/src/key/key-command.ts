import { Command, InvalidArgumentError } from 'commander';
import { VERBS, type Verb } from '@kvasir/kv-core';
import type { ExitStatus } from '../exit-status.js';
import type { Terminal } from '../terminal.js';
import { listKeys, newKey, removeKey, type NewKeyOptions } from './key-commands.js';

const FILE = 'the file of API keys (API_KEYS_FILE)';

/**
 * `kvasir key`: API keys and the file that says what they may do.
 *
 * @param parent whose settings (output, errors) the commands take over
 * @param finish gets the exit status
 */
export function keyCommand(parent: Command, terminal: Terminal, finish: (status: ExitStatus) => void): Command {
  const key = new Command('key')
    .copyInheritedSettings(parent)
    .description('Make API keys, and look after the file that says what they may do (API_KEYS_FILE).')
    .addHelpText(
      'after',
      `
Examples:
  kvasir key new --name ingest --verbs write --prefix events: --file keys.json
  kvasir key new --name prometheus --verbs monitor
  kvasir key list --file keys.json
  kvasir key remove ingest --file keys.json && kill -HUP <pid of kv-service>

docs/security.md says what each verb is for.`,
    );

  key
    .command('new')
    .description('Make a key and print it, once; its entry is added to the file, or printed too.')
    .requiredOption('-n, --name <name>', 'what it is called, in the file and in logs')
    .requiredOption('-v, --verbs <list>', `what it may do, separated by commas: ${VERBS.join(', ')}`, verbs)
    .option('-p, --prefix <text>', 'which keys it is for; may be given several times; "" is every key', more, [])
    .option('-f, --file <path>', `${FILE}; made, for its owner alone, when it is missing`)
    .action((options: NewKeyOptions) => finish(newKey(terminal, options)));

  key
    .command('list')
    .description('Print the names of the keys in a file, with their verbs and prefixes.')
    .requiredOption('-f, --file <path>', FILE)
    .action(({ file }: { file: string }) => finish(listKeys(terminal, file)));

  key
    .command('remove')
    .description('Take a key out of the file.')
    .argument('<name>', 'what it is called')
    .requiredOption('-f, --file <path>', FILE)
    .action((name: string, { file }: { file: string }) => finish(removeKey(terminal, file, name)));

  return key;
}

function verbs(text: string): Verb[] {
  const words = text.split(',').map((word) => word.trim());
  const unknown = words.find((word) => !(VERBS as readonly string[]).includes(word));
  if (unknown !== undefined) throw new InvalidArgumentError(`Allowed are ${VERBS.join(', ')}, separated by commas.`);
  return words as Verb[];
}

function more(text: string, before: string[]): string[] {
  return [...before, text];
}
