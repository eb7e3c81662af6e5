/** What a line on a terminal or in a log must not carry as it is: controls, invisible and unassigned characters, line ends. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** The most characters that are shown of a text that someone gave. */
const MAX_SHOWN = 100;

function escapeUnprintable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

/** At most {@link MAX_SHOWN} characters of the text, and how long it was when that is not all. */
function shorten(text: string): { shown: string; note: string } {
  if (text.length <= MAX_SHOWN) return { shown: text, note: '' };
  // By code points, so that no pair is cut in half.
  const shown = Array.from(text.slice(0, 2 * MAX_SHOWN)).slice(0, MAX_SHOWN);
  return { shown: shown.join(''), note: `… (${text.length} characters)` };
}

/** The text on one line, safe to print. */
export function printable(text: string): string {
  const { shown, note } = shorten(text);
  return escapeUnprintable(shown) + note;
}

/** The text in quotation marks on one line, safe to print; quotation marks and backslashes in it are escaped too. */
export function quoted(text: string): string {
  const { shown, note } = shorten(text);
  return escapeUnprintable(JSON.stringify(shown)) + note;
}
