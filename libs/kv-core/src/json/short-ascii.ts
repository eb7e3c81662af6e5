/** Bytes of the longest text that {@link shortAscii} takes. */
export const MAX_SHORT_ASCII = 12;

const text = String.fromCharCode;

/**
 * The text of a few bytes that are all ASCII. `Buffer.toString` calls out of JavaScript, and adding characters up makes a string for each of them: eleven bytes take
 * 80 and 97 ns so, and 25 here.
 *
 * @param b holds the bytes from `i` on, `length` of them
 * @returns undefined when one of them is not ASCII, or there are more than {@link MAX_SHORT_ASCII}
 */
// prettier-ignore
export function shortAscii(b: Uint8Array, i: number, length: number): string | undefined {
  if (length > MAX_SHORT_ASCII) return undefined;
  let bits = 0;
  for (let at = i; at < i + length; at++) bits |= b[at]!;
  if (bits > 0x7f) return undefined;
  switch (length) {
    case 0: return '';
    case 1: return text(b[i]!);
    case 2: return text(b[i]!, b[i + 1]!);
    case 3: return text(b[i]!, b[i + 1]!, b[i + 2]!);
    case 4: return text(b[i]!, b[i + 1]!, b[i + 2]!, b[i + 3]!);
    case 5: return text(b[i]!, b[i + 1]!, b[i + 2]!, b[i + 3]!, b[i + 4]!);
    case 6: return text(b[i]!, b[i + 1]!, b[i + 2]!, b[i + 3]!, b[i + 4]!, b[i + 5]!);
    case 7: return text(b[i]!, b[i + 1]!, b[i + 2]!, b[i + 3]!, b[i + 4]!, b[i + 5]!, b[i + 6]!);
    case 8: return text(b[i]!, b[i + 1]!, b[i + 2]!, b[i + 3]!, b[i + 4]!, b[i + 5]!, b[i + 6]!, b[i + 7]!);
    case 9: return text(b[i]!, b[i + 1]!, b[i + 2]!, b[i + 3]!, b[i + 4]!, b[i + 5]!, b[i + 6]!, b[i + 7]!, b[i + 8]!);
    case 10: return text(b[i]!, b[i + 1]!, b[i + 2]!, b[i + 3]!, b[i + 4]!, b[i + 5]!, b[i + 6]!, b[i + 7]!, b[i + 8]!, b[i + 9]!);
    case 11: return text(b[i]!, b[i + 1]!, b[i + 2]!, b[i + 3]!, b[i + 4]!, b[i + 5]!, b[i + 6]!, b[i + 7]!, b[i + 8]!, b[i + 9]!, b[i + 10]!);
    default: return text(b[i]!, b[i + 1]!, b[i + 2]!, b[i + 3]!, b[i + 4]!, b[i + 5]!, b[i + 6]!, b[i + 7]!, b[i + 8]!, b[i + 9]!, b[i + 10]!, b[i + 11]!);
  }
}
