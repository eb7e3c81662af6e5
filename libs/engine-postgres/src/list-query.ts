import { endOfPrefix, type ListQuery } from '@kvasir/kv-core';

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
