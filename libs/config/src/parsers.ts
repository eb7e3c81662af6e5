import { isIP } from 'node:net';
import { resolve } from 'node:path';
import type { ValueParser } from './setting.js';

/** The longest time that Node's timers take, in milliseconds; `setTimeout` fires at once for a longer one. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

const MAX_PORT = 65_535;

/** Decimal digits without a sign or leading zeros: `Number` alone would also take `0x10`, `1e3` and white space. */
const WHOLE_NUMBER = /^(0|[1-9]\d*)$/;

/** A host name's label (RFC 1123), with the underscore that container networks use. */
const HOST_LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i;

/** `a, b or c`. */
function listInWords(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} or ${last}`;
}

function parseWholeNumber(text: string, min: number, max: number): number | undefined {
  const digits = text.trim();
  const number = Number(digits);
  return WHOLE_NUMBER.test(digits) && number >= min && number <= max ? number : undefined;
}

/** A whole number from `min` to `max`, both 0 to 2^53 - 1 and both allowed. */
export function wholeNumber(min: number, max: number): ValueParser<number> {
  return { allowed: `a whole number from ${min} to ${max}`, parse: (text) => parseWholeNumber(text, min, max) };
}

/** One port; 0 stands for any free one. */
export const port: ValueParser<number> = {
  allowed: `a port number from 0 to ${MAX_PORT} (0 is any free port)`,
  parse: (text) => parseWholeNumber(text, 0, MAX_PORT),
};

/** One or more ports, separated by commas, none of them twice. Only 0 may repeat: each 0 is another free port. */
export const ports: ValueParser<readonly number[]> = {
  allowed: `a port number from 0 to ${MAX_PORT} (0 is any free port), or several different ones separated by commas`,
  parse: (text) => {
    const numbers: number[] = [];
    for (const part of text.split(',')) {
      const number = port.parse(part);
      if (number === undefined || (number !== 0 && numbers.includes(number))) return undefined;
      numbers.push(number);
    }
    return numbers;
  },
};

/** The address to listen on or to reach: an IP address or a host name, without a port. */
export const host: ValueParser<string> = {
  allowed: 'an IP address (IPv6 without brackets) or a host name',
  parse: (text) => {
    const name = text.trim();
    if (isIP(name) !== 0) return name;
    const labels = name.split('.');
    // A last label of digits is an IPv4 address with a mistake in it, not a name.
    const isName = name.length <= 253 && labels.every((label) => HOST_LABEL.test(label));
    return isName && !/^\d+$/.test(labels.at(-1)!) ? name : undefined;
  },
};

/** A path, made absolute: it keeps its meaning when the working directory changes. */
export const path: ValueParser<string> = {
  allowed: 'a path; a relative one counts from the working directory',
  parse: (text) => (text.includes('\0') ? undefined : resolve(text)),
};

/** Any text. `allowed` says what it is, as in `a secret of the operator's choice`. */
export function anyText(allowed: string): ValueParser<string> {
  return { allowed, parse: (text) => text };
}

/** What {@link oneOf} takes besides the words themselves. */
export interface OneOfOptions<T extends string> {
  /** Other spellings, in lower case, each with the word that it stands for. */
  readonly aliases?: Readonly<Record<string, T>>;
  /** Upper and lower case are the same. The words must be in lower case then. */
  readonly anyCase?: boolean;
}

/** One of a few words. */
export function oneOf<const T extends string>(words: readonly T[], options: OneOfOptions<T> = {}): ValueParser<T> {
  const { aliases = {}, anyCase = false } = options;
  const meanings = new Map<string, T>([...words.map((word) => [word, word] as const), ...Object.entries<T>(aliases)]);
  const spellings = words.map((word) => {
    const others = Object.keys(aliases).filter((alias) => aliases[alias] === word);
    return others.length === 0 ? word : `${word} (or ${others.join(', ')})`;
  });
  return {
    allowed: `${listInWords(spellings)}${anyCase ? ', in any case' : ''}`,
    parse: (text) => meanings.get(anyCase ? text.trim().toLowerCase() : text.trim()),
  };
}
