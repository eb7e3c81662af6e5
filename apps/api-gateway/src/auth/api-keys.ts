import { timingSafeEqual } from 'node:crypto';
import type { Caller } from '@kvasir/http';
import { keyDigest } from '@kvasir/kv-core';

interface Known {
  readonly digest: Buffer;
  readonly caller: Caller;
}

/**
 * The keys that clients may send. Kept and compared as digests, which all have one length, each with every key: the time that it takes tells nothing of them.
 */
export class ApiKeys {
  private readonly known: readonly Known[];

  constructor(keys: readonly string[]) {
    this.known = keys.map((key, i) => ({ digest: keyDigest(key), caller: { name: `API key ${i + 1}` } }));
  }

  /**
   * Whom a key stands for; undefined when it is not known.
   *
   * @param key the header as it came; undefined when there is none
   */
  find(key: string | string[] | undefined): Caller | undefined {
    if (typeof key !== 'string') return undefined;
    const given = keyDigest(key);
    let found: Caller | undefined;
    for (const { digest: expected, caller } of this.known) if (timingSafeEqual(given, expected)) found = caller;
    return found;
  }
}
