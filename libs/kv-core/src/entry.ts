import type { JsonText } from './json/json-text.js';

/** The expiry of an entry that never expires. Every comparison with a time then needs no special case. */
export const NEVER = Number.POSITIVE_INFINITY;

/** What a store holds under a key. All times are Unix time in whole milliseconds. */
export interface Entry {
  /** 1 to {@link MAX_KEY_BYTES} bytes of UTF-8 without NUL. */
  readonly key: string;
  /** The text of one JSON document, as it was sent, without white space between its tokens. */
  readonly value: JsonText;
  /** The store-wide revision of the write that left the entry as it is. 1 or more. */
  readonly revision: number;
  /** When the key came into being: an overwrite keeps it, a write after a delete or an expiry starts anew. */
  readonly createdAt: number;
  /** When the entry was last written. */
  readonly updatedAt: number;
  /** The first moment at which no reader sees the entry any more, or {@link NEVER}. */
  readonly expiresAt: number;
}

/** What a write has to know of the entry before it. */
export type EntryState = Pick<Entry, 'revision' | 'createdAt' | 'expiresAt'>;

/** Whether a reader at `now` (Unix milliseconds) no longer sees an entry that expires at `expiresAt`. */
export function isExpired(expiresAt: number, now: number): boolean {
  return expiresAt <= now;
}
