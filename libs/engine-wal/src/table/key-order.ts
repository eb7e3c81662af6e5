/** The first UTF-16 surrogate. Up to here the order of UTF-16 units and that of UTF-8 bytes are the same. */
const FIRST_SURROGATE = 0xd800;

/**
 * Compares two keys as JavaScript does, by UTF-16 units: several times as fast as kv-core's `compareKeys`, and the same while
 * at most one of the two {@link hasHighUnits}.
 *
 * @returns below 0, 0 or above 0, as `a` comes before, is or comes after `b`.
 */
export function compareUnits(a: string, b: string): number {
  if (a < b) return -1;
  return a === b ? 0 : 1;
}

/**
 * Whether a key holds a surrogate or anything from U+E000 to U+FFFF. Only where one of each meet do the two orders differ: a key
 * without either has a unit below U+D800 where it first differs from another, and comes first by units and by bytes.
 */
export function hasHighUnits(key: string): boolean {
  for (let i = 0; i < key.length; i++) {
    if (key.charCodeAt(i) >= FIRST_SURROGATE) return true;
  }
  return false;
}
