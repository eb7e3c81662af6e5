import { KeyInvalidError, validateKey } from '@kvasir/kv-core';
import { decodePercent } from './percent-decoding.js';
import { WireRefusal } from './wire-refusal.js';

/** A request target's two halves, raw: latin1 text, one unit a byte. */
export interface RawTarget {
  /** Starts with a slash. */
  readonly path: string;
  /** What follows the first `?`; undefined when there is none. */
  readonly query: string | undefined;
}

const ABSOLUTE_FORM = /^https?:\/\/[^/?]*/i;

// A key cut out of a target keeps the whole target alive in memory (V8's sliced strings): past this many units of waste it is copied.
const MAX_SLICE_WASTE = 64;

/**
 * Splits a request target (RFC 9112 section 3.2): origin-form `/kv/x?y`, or absolute-form `http://host/kv/x`, whose scheme and host are dropped.
 *
 * Nothing is folded: `//`, `.` and `..` stay what they are, and a `#`, which no client should send, is a byte like any other.
 *
 * @returns undefined for a target that is no path: `*`, `host:port`.
 */
export function splitTarget(target: string): RawTarget | undefined {
  let rest = target;
  if (target.charCodeAt(0) !== 0x2f) {
    const origin = ABSOLUTE_FORM.exec(target);
    if (origin === null) return undefined;
    rest = target.slice(origin[0].length);
    if (rest.charCodeAt(0) !== 0x2f) rest = `/${rest}`;
  }
  const mark = rest.indexOf('?');
  return mark < 0 ? { path: rest, query: undefined } : { path: rest.slice(0, mark), query: rest.slice(mark + 1) };
}

/**
 * The key that a raw path segment names, decoded once; `+` is a plus, `%2F` a slash inside the key.
 *
 * @param targetLength the length of the request target that the segment was cut from
 * @throws WireRefusal 400 for bad percent-encoding, bytes that are not UTF-8, and keys that no store takes
 */
export function decodeKey(segment: string, targetLength: number): string {
  const key = decodePercent(segment, 'the key');
  try {
    validateKey(key);
  } catch (error) {
    if (error instanceof KeyInvalidError) throw new WireRefusal(400, error.message, { cause: error });
    throw error;
  }
  if (key === segment && targetLength - key.length > MAX_SLICE_WASTE)
    return Buffer.from(key, 'latin1').toString('latin1');
  return key;
}
