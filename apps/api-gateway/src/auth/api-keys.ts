import { hash, timingSafeEqual } from 'node:crypto';

/**
 * The keys that clients may send. Kept and compared as digests, which all have one length, each with every key: the time that it takes tells nothing of them.
 */
export class ApiKeys {
  private readonly digests: readonly Buffer[];

  constructor(keys: readonly string[]) {
    this.digests = keys.map(digest);
  }

  /** @param key the header as it came; undefined when there is none */
  accept(key: string | string[] | undefined): boolean {
    if (typeof key !== 'string') return false;
    const given = digest(key);
    let found = false;
    for (const known of this.digests) found = timingSafeEqual(given, known) || found;
    return found;
  }
}

function digest(key: string): Buffer {
  return hash('sha256', key, 'buffer');
}
