declare const jsonText: unique symbol;

/**
 * The text of one JSON document (RFC 8259) without white space between its tokens: what the store keeps as a value.
 *
 * Always well-formed Unicode: whatever UTF-8 can't carry is there as an escape (`\ud800`).
 */
export type JsonText = string & { readonly [jsonText]: never };

/**
 * Takes a string as JSON text without looking at it: for engines that read back what they were given, and for literals.
 *
 * @param text one JSON document without white space between its tokens
 */
export function trustJsonText(text: string): JsonText {
  return text as JsonText;
}

/**
 * What a string API writes: the JSON string that holds a text.
 *
 * @param text any string; lone surrogates become escapes
 */
export function jsonTextOfString(text: string): JsonText {
  return JSON.stringify(text) as JsonText;
}

/**
 * What a string API reads: the content of a JSON string. Anything else, a string that UTF-8 can't carry (an escaped lone
 * surrogate) included, reads as its JSON text.
 */
export function textOfJsonText(value: JsonText): string {
  const content = contentOfJsonString(value);
  return content?.isWellFormed() === true ? content : value;
}

/**
 * The content of a JSON string, decoded: what it was sent for, even when UTF-8 can't carry it (it may hold lone surrogates).
 *
 * @returns nothing for a value of another kind
 */
export function contentOfJsonString(value: JsonText): string | undefined {
  if (!value.startsWith('"')) return undefined;
  return value.includes('\\') ? (JSON.parse(value) as string) : value.slice(1, -1);
}
