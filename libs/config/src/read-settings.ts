import { readFlags } from './flags.js';
import { helpText } from './help.js';
import { quoted } from './printable.js';
import type { Program, Setting, SettingsOf } from './setting.js';

/** Where settings come from. */
export interface SettingsSource {
  /** The environment, as in `process.env`. A variable set to nothing counts as unset. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The command line without the runtime and the script, as in `process.argv.slice(2)`. */
  readonly argv: readonly string[];
}

/** What became of reading the settings; `text` ends with a line end. */
export type SettingsResult<T> =
  /** All settings, deeply frozen: the program can start. */
  | { readonly kind: 'settings'; readonly settings: T }
  /** `--help` or `--version`: the text belongs on standard output, and the exit status is 0. */
  | { readonly kind: 'help' | 'version'; readonly text: string }
  /** Something does not fit: one line for each mistake, for standard error; the exit status is 1. */
  | { readonly kind: 'invalid'; readonly text: string };

type Outcome = { readonly value: unknown } | { readonly problem: string };

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join('');
}

function defaultText({ default: fallback }: Setting<unknown>): string | undefined {
  return typeof fallback === 'object' ? fallback.compute() : fallback;
}

/** `given` is the flag's or the variable's text, `name` what the user called it. */
function readSetting(setting: Setting<unknown>, name: string, given: string | undefined): Outcome {
  const text = given ?? defaultText(setting);
  if (text === undefined) return { value: undefined };
  const value = setting.value.parse(text);
  if (value !== undefined) return { value };
  // Not the user's mistake, so not a line for the user.
  if (given === undefined) throw new Error(`${setting.variable} has the default ${quoted(text)}, which does not fit`);
  const shown = setting.secret ? 'set to a value that does not fit' : quoted(given);
  return { problem: `${name} is ${shown}: allowed is ${setting.value.allowed}` };
}

/**
 * Reads and checks a program's settings: flags first, then the environment, then defaults. A variable that a flag
 * replaces is not looked at.
 *
 * It prints nothing and never ends the process; the caller does what the result's kind says.
 */
export function readSettings<P extends Program>(
  program: P,
  { env, argv }: SettingsSource,
): SettingsResult<SettingsOf<P>> {
  const flags = readFlags(program, argv);
  if (flags.asked === 'help') return { kind: 'help', text: helpText(program) };
  if (flags.asked === 'version') return { kind: 'version', text: lines([program.version()]) };

  const problems = [...flags.problems];
  const sections = Object.entries(program.sections).map(([sectionName, section]) => {
    const values = Object.entries(section.settings).map(([name, setting]) => {
      const byFlag = setting.flag === undefined ? undefined : flags.values.get(setting.flag);
      const byVariable = env[setting.variable] === '' ? undefined : env[setting.variable];
      const outcome =
        byFlag === undefined
          ? readSetting(setting, setting.variable, byVariable)
          : readSetting(setting, `--${setting.flag}`, byFlag);
      if ('value' in outcome) return [name, Object.freeze(outcome.value)] as const;
      problems.push(outcome.problem);
      return [name, undefined] as const;
    });
    return [sectionName, Object.freeze(Object.fromEntries(values))] as const;
  });
  if (problems.length > 0) return { kind: 'invalid', text: lines(problems) };
  return { kind: 'settings', settings: Object.freeze(Object.fromEntries(sections)) as SettingsOf<P> };
}
