/** What a client sent, as an error text quotes it: after 64 UTF-16 units cut off. */
export function shorten(text: string): string {
  return text.length <= 64 ? text : `${text.slice(0, 64)}…`;
}
