import type { ListQuery } from '@kvasir/kv-core';

const LAST_CODE_POINT = 0x10ffff;
const LAST_BEFORE_SURROGATES = 0xd7ff;
const FIRST_AFTER_SURROGATES = 0xe000;

/** The bounds of a listing as SQL comparisons of the key, and what each compares with. */
export interface KeyBounds {
  readonly operators: string[];
  readonly values: string[];
}

/** All of them are ranges of the index: a prefix too, without a pattern whose wildcards a key could hold. */
export function keyBoundsOf(query: ListQuery): KeyBounds {
  const { prefix, start, end } = query as { prefix?: string; start?: string; end?: string };
  const bounds: [string, string | undefined][] = [
    ['>=', prefix === '' ? undefined : prefix],
    ['<', prefix === undefined ? undefined : endOfPrefix(prefix)],
    ['>=', start],
    ['<', end],
    [query.reverse === true ? '<' : '>', query.after],
  ];
  const present = bounds.filter((bound): bound is [string, string] => bound[1] !== undefined);
  return { operators: present.map(([operator]) => operator), values: present.map(([, value]) => value) };
}

/**
 * The first text in byte order of UTF-8 that comes after every text with a prefix: the prefix with its last code point raised by one. Nothing where there is none, as after
 * the last code point alone.
 */
export function endOfPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0)!);
  while (points.at(-1) === LAST_CODE_POINT) points.pop();
  const last = points.pop();
  if (last === undefined) return undefined;
  points.push(last === LAST_BEFORE_SURROGATES ? FIRST_AFTER_SURROGATES : last + 1);
  return points.map((point) => String.fromCodePoint(point)).join('');
}
