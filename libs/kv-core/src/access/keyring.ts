import { timingSafeEqual } from 'node:crypto';
import { keyDigest } from './key-digest.js';
import type { Principal } from './principal.js';
import { principalOf, type ApiKeyEntry } from './api-key-file.js';

interface Known {
  readonly digest: Buffer;
  readonly principal: Principal;
}

/** Compared with where no known key is near, so that it takes as long. */
const NO_DIGEST = Buffer.alloc(32);

/**
 * The keys that are known, as digests, and whom each stands for.
 *
 * Only digests are compared, in constant time; those that begin with other bytes than the given key's are not looked at. How long that takes tells at most of four bytes of a digest
 * whose other bytes a guess cannot aim at, and nothing of a key. It does not grow with the number of keys.
 */
export class Keyring {
  private readonly known = new Map<number, Known[]>();

  constructor(entries: readonly ApiKeyEntry[]) {
    for (const entry of entries) {
      const digest = Buffer.from(entry.sha256, 'hex');
      const bucket = this.known.get(bucketOf(digest)) ?? [];
      bucket.push({ digest, principal: principalOf(entry) });
      this.known.set(bucketOf(digest), bucket);
    }
  }

  /** Whom a key stands for; undefined when it is not known. */
  find(key: string): Principal | undefined {
    const given = keyDigest(key);
    const candidates = this.known.get(bucketOf(given));
    if (candidates === undefined) {
      timingSafeEqual(given, NO_DIGEST);
      return undefined;
    }
    return candidates.find(({ digest }) => timingSafeEqual(given, digest))?.principal;
  }
}

function bucketOf(digest: Buffer): number {
  return digest.readUInt32LE(0);
}
