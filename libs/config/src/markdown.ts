import { defaultInWords, type Program, type Setting } from './setting.js';

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

/** A table with columns as wide as their longest cell, the form that Prettier leaves alone. */
function table(rows: readonly (readonly string[])[]): string[] {
  const [head = []] = rows;
  const widths = head.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  const line = (cells: readonly string[]) => `| ${cells.map((text, i) => text.padEnd(widths[i]!)).join(' | ')} |`;
  const [first = '', ...others] = rows.map(line);
  return [first, line(widths.map((width) => '-'.repeat(width))), ...others];
}

function settingRow(setting: Setting<unknown>): string[] {
  const fallback = defaultInWords(setting);
  return [
    `\`${setting.variable}\``,
    setting.flag === undefined ? '' : `\`--${setting.flag}\``,
    typeof setting.default === 'string' ? `\`${fallback}\`` : fallback,
    setting.value.allowed,
    setting.description,
  ].map(cell);
}

/** A program's settings as Markdown: a heading of the third level and a table for each section. */
export function settingsMarkdown(program: Program): string {
  const sections = Object.values(program.sections).map(({ title, settings }) =>
    [
      `### ${title}`,
      '',
      ...table([
        ['Variable', 'Flag', 'Default', 'Allowed', 'What it is for'],
        ...Object.values(settings).map(settingRow),
      ]),
    ].join('\n'),
  );
  return sections.join('\n\n');
}

/**
 * A document in which the program's settings stand between two comments (`<!-- settings of <name> -->` and
 * `<!-- end of settings of <name> -->`), with what is between them replaced by {@link settingsMarkdown}.
 *
 * @throws Error when the document lacks one of the comments.
 */
export function withSettings(document: string, program: Program): string {
  const begin = `<!-- settings of ${program.name} -->`;
  const end = `<!-- end of settings of ${program.name} -->`;
  const from = document.indexOf(begin);
  const to = document.indexOf(end, from);
  if (from === -1 || to === -1) throw new Error(`the document has no place for settings: ${begin} … ${end}`);
  return `${document.slice(0, from + begin.length)}\n\n${settingsMarkdown(program)}\n\n${document.slice(to)}`;
}
