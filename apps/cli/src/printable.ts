/** Controls, invisible and unassigned characters and line ends: what a terminal may act on, or a reader not see. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/**
 * A JSON text with everything unprintable as `\u` escapes. It stays the same JSON: outside of strings a JSON text without white space holds nothing of the kind.
 */
export function printableJson(json: string): string {
  return json.replace(UNPRINTABLE, (character) =>
    Array.from(
      { length: character.length },
      (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
}

/** A text in quotation marks, on one line, safe to print: a JSON string. */
export function quoted(text: string): string {
  return printableJson(JSON.stringify(text));
}
