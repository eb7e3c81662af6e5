/** The most bytes of UTF-8 that a key may have; the least is 1. */
export const MAX_KEY_BYTES = 1024;

/** The most bytes that a line of the log may have, its newline not counted. A reader must hold a whole line in memory. */
export const MAX_LINE_BYTES = 256 * 1024 * 1024;

/** With the `u` flag a surrogate that has its other half is not seen as one. */
export const LONE_SURROGATE = /\p{Surrogate}/u;

/** What replaying a log calls for each write, in the order of the log. Only whole transactions get here. */
export interface LogVisitor {
  /**
   * A key was set.
   *
   * @param key 1 to 1,024 bytes of UTF-8
   * @param value the JSON text, without white space between its tokens
   * @param expiresAt in milliseconds of Unix time; `Infinity` for never
   * @param updatedAt when it was written, in milliseconds of Unix time
   * @param createdAt when the key came into being, or undefined: then it is that of the live entry that this write replaces (live at
   *   `updatedAt`), or else `updatedAt`
   * @param seq the write's revision
   */
  set(
    key: string,
    value: string,
    expiresAt: number,
    updatedAt: number,
    createdAt: number | undefined,
    seq: number,
  ): void;
  /**
   * The same as {@link set}, called instead of it, where it is there, for keys and values that stand in the log as they are: UTF-8 in `bytes`, the key (all ASCII) from `keyStart` to `keyEnd`, the value
   * likewise. The bytes are good until {@link releaseBytes} is called.
   */
  setBytes?(
    bytes: Buffer,
    keyStart: number,
    keyEnd: number,
    valueStart: number,
    valueEnd: number,
    expiresAt: number,
    updatedAt: number,
    createdAt: number | undefined,
    seq: number,
  ): void;
  /** Called before the bytes that `setBytes` was given change; from here on they are not to be looked at any more. */
  releaseBytes?(): void;
  /** A key was deleted, at `at` milliseconds of Unix time, with revision `seq`. It may not have been there. */
  delete(key: string, at: number, seq: number): void;
}

/** What a line is. */
export type RecordKind = 'set' | 'delete' | 'seal';

/**
 * One decoded line. Decoders reuse one of these for all lines, so it is only good until the next line; numbers that a line does not
 * have hold the value named here, so that every record has the same shape.
 */
export interface LogRecord {
  kind: RecordKind;
  /** Empty in a seal. */
  key: string;
  /** The value's JSON text; empty unless `kind` is `set`. */
  value: string;
  /** Milliseconds of Unix time. */
  timestamp: number;
  /** Milliseconds of Unix time; `Infinity` for never. */
  expiresAt: number;
  /** Milliseconds of Unix time; undefined if the line does not say. */
  createdAt: number | undefined;
  /** The line's revision; in a seal the last revision before it; 0 in a foreign line. */
  seq: number;
  /** 0 in a compacted line, a seal and a foreign line. */
  group: number;
  /** Which line of its transaction this is, from 1; 0 outside of one. */
  txnIndex: number;
  /** How many lines the transaction has; 0 outside of one. */
  txnLength: number;
  /** The number of lines that a compacted part's seal names; -1 elsewhere. */
  lines: number;
}

/** A record to decode into. */
export function emptyRecord(): LogRecord {
  return {
    kind: 'seal',
    key: '',
    value: '',
    timestamp: 0,
    expiresAt: Infinity,
    createdAt: undefined,
    seq: 0,
    group: 0,
    txnIndex: 0,
    txnLength: 0,
    lines: -1,
  };
}

/** Why a key is outside the limits, as the end of the sentence "the key …"; undefined if it is not. */
export function keyProblem(key: string): string | undefined {
  if (key.length === 0) return 'is empty';
  if (key.includes('\0')) return 'contains NUL';
  if (LONE_SURROGATE.test(key)) return 'contains a lone surrogate';
  // UTF-8 takes at most 3 bytes a UTF-16 unit, so most keys need no counting.
  if (key.length * 3 > MAX_KEY_BYTES && Buffer.byteLength(key) > MAX_KEY_BYTES) {
    return `is longer than ${MAX_KEY_BYTES} bytes`;
  }
  return undefined;
}
