import { defaultInWords, type Program, type Setting } from './setting.js';

/** Columns of a terminal that nobody has made wider. */
const WIDTH = 80;

/** The text broken between words, each line with the indentation. */
function wrap(text: string, indentation: string): string[] {
  const wrapped: string[] = [];
  let line = indentation;
  for (const word of text.split(' ')) {
    if (line.length > indentation.length && line.length + 1 + word.length > WIDTH) {
      wrapped.push(line);
      line = indentation;
    }
    line += line.length > indentation.length ? ` ${word}` : word;
  }
  return [...wrapped, line];
}

function settingHelp(setting: Setting<unknown>): string[] {
  const names = setting.flag === undefined ? setting.variable : `${setting.variable}, --${setting.flag} <value>`;
  return [
    `  ${names}`,
    ...wrap(setting.description, '      '),
    ...wrap(`Allowed: ${setting.value.allowed}`, '      '),
    ...wrap(`Default: ${defaultInWords(setting)}`, '      '),
  ];
}

/** What `--help` prints: every variable and flag, what it is for, what is allowed and its default. */
export function helpText(program: Program): string {
  const sections = Object.values(program.sections).flatMap(({ title, settings }) => [
    '',
    `${title}:`,
    ...Object.values(settings).flatMap(settingHelp),
  ]);
  const text = [
    `Usage: ${program.name} [flags]`,
    '',
    ...wrap(program.summary, ''),
    '',
    ...wrap(
      'Settings are environment variables, read once at start. A variable set to nothing counts as unset. A flag wins over its variable, and the last of a repeated flag counts.',
      '',
    ),
    ...sections,
    '',
    'Other flags:',
    '  -h, --help     Print this text, and exit',
    '  --version      Print the version, and exit',
  ];
  return `${text.join('\n')}\n`;
}
