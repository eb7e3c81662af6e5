/** What a terminal or a reader of lines could take for more than text: controls, invisible and unassigned characters, line ends. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

function escaped(character: string): string {
  let text = '';
  for (let i = 0; i < character.length; i++) text += `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`;
  return text;
}

/**
 * A JSON line whose strings hold printable characters alone; it means the same. JSON itself escapes controls below U+0020 only, and a terminal obeys those from U+007F to U+009F too.
 *
 * @param line with a line end at its end
 */
export function safeJsonLine(line: string): string {
  return `${line.slice(0, -1).replace(UNPRINTABLE, escaped)}\n`;
}

/** A JSON line whose strings are safe to print once they are decoded; a stack keeps its lines. */
export function printableJsonLine(line: string): string {
  const safe: unknown = JSON.parse(line, (name, value: unknown) => {
    if (typeof value !== 'string') return value;
    return name === 'stack' ? value.split('\n').map(printable).join('\n') : printable(value);
  });
  return `${JSON.stringify(safe)}\n`;
}

function printable(text: string): string {
  return text.replace(UNPRINTABLE, escaped);
}
