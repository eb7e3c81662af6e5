import { compareKeys } from '../key.js';

/**
 * What a caller can be allowed to do, each with what it needs no other verb for.
 *
 * - `read`: see what keys hold, and which keys there are.
 * - `write`: put values under keys, over others too.
 * - `delete`: remove keys.
 * - `monitor`: see figures of the whole store and of the service.
 * - `admin`: look after the store as a whole: sweeps, compaction, backup and restore.
 */
export const VERBS = ['read', 'write', 'delete', 'monitor', 'admin'] as const;

export type Verb = (typeof VERBS)[number];

/** What a caller may do: `read`, `write` and `delete` with the keys that begin with one of the prefixes, `monitor` and `admin` with the service. */
export class Rights {
  /** Verbs that were granted. */
  readonly verbs: ReadonlySet<Verb>;
  /** In byte order; none begins with another, so no key has two of them. `['']` is every key. */
  readonly prefixes: readonly string[];

  /**
   * @param prefixes case-sensitive; the empty one stands for every key, and no prefix at all for no key
   */
  constructor(verbs: Iterable<Verb>, prefixes: Iterable<string>) {
    this.verbs = new Set(verbs);
    this.prefixes = withoutCovered(prefixes);
  }

  /** Whether the verb was granted, for some keys at least. */
  has(verb: Verb): boolean {
    return this.verbs.has(verb);
  }

  /** Whether the prefixes hold a key, whatever the verbs. */
  covers(key: string): boolean {
    return this.prefixes.some((prefix) => key.startsWith(prefix));
  }

  /** Whether the prefixes hold every key there can be. */
  get coversAll(): boolean {
    return this.prefixes[0] === '';
  }

  /** Whether the verb was granted for this key. */
  allow(verb: Verb, key: string): boolean {
    return this.has(verb) && this.covers(key);
  }
}

/** The rights of nobody. */
export const NO_RIGHTS = new Rights([], []);

function withoutCovered(prefixes: Iterable<string>): string[] {
  const kept: string[] = [];
  // In this order whatever begins with a prefix comes behind it, before anything else.
  for (const prefix of [...prefixes].sort(compareKeys)) {
    const last = kept.at(-1);
    if (last === undefined || !prefix.startsWith(last)) kept.push(prefix);
  }
  return kept;
}
