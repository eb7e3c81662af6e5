import { parseArgs } from 'node:util';
import { printable, quoted } from './printable.js';
import { settingsOf, type Program } from './setting.js';

/** What the command line says. */
export interface Flags {
  /** `--help` or `--version` is among the flags. */
  readonly asked: 'help' | 'version' | undefined;
  /** Values by flag, without dashes. The last of a repeated flag counts, so that a script's flags can be added to. */
  readonly values: ReadonlyMap<string, string>;
  /** One line for each flag that is not understood. */
  readonly problems: readonly string[];
}

const SEE_HELP = '--help lists what can be set';

/** Reads a command line (without the program's own path) by the flags that the program declares. */
export function readFlags(program: Program, argv: readonly string[]): Flags {
  const settings = new Map(settingsOf(program).flatMap((setting) => (setting.flag ? [[setting.flag, setting]] : [])));
  // Not strict: parseArgs' own errors neither name the value that is allowed nor tell of more than one mistake.
  const { tokens } = parseArgs({
    args: [...argv],
    options: {
      ...Object.fromEntries([...settings.keys()].map((flag) => [flag, { type: 'string' as const }])),
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean' },
    },
    strict: false,
    allowPositionals: true,
    tokens: true,
  });

  const asked = new Set<string>();
  const values = new Map<string, string>();
  const problems: string[] = [];
  const unknown = new Set<string>();
  const strays: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      strays.push(token.value);
      continue;
    }
    const setting = settings.get(token.name);
    if (setting !== undefined) {
      // What looks like the next flag is no value; one that really starts with a dash can be given as --flag=-value.
      if (!token.value || (!token.inlineValue && token.value.startsWith('-'))) {
        problems.push(`${token.rawName} needs a value: allowed is ${setting.value.allowed}`);
      } else {
        values.set(token.name, token.value);
      }
    } else if (token.name !== 'help' && token.name !== 'version') {
      // `-abc` is three tokens of one argument, and one mistake.
      unknown.add(argv[token.index]!.split('=', 1)[0]!);
    } else if (token.inlineValue) {
      problems.push(`${token.rawName} takes no value`);
    } else {
      asked.add(token.name);
    }
  }
  for (const flag of unknown) problems.push(`${printable(flag)} is not a flag of ${program.name}: ${SEE_HELP}`);
  // Behind an unknown flag a stray argument is most likely its value (maybe a secret), and says nothing new.
  if (unknown.size === 0 && strays.length > 0) {
    problems.push(`${quoted(strays[0]!)} is not a flag of ${program.name}: ${SEE_HELP}`);
  }
  return { asked: asked.has('help') ? 'help' : asked.has('version') ? 'version' : undefined, values, problems };
}
