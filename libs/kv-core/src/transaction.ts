import type { Entry } from './entry.js';
import type { JsonText } from './json/json-text.js';

/**
 * One unit of work on a store. Nothing of another transaction comes between its checks and operations.
 *
 * With `atomic`, any failed operation undoes all of them; otherwise each operation stands for itself and a failed one changes nothing on its own. Failed checks stop either kind before its
 * first operation.
 */
export interface Transaction {
  readonly atomic: boolean;
  /** What must hold before the first operation. */
  readonly checks?: readonly Check[];
  /** Done in order; a later operation sees what the earlier ones did. */
  readonly operations: readonly Operation[];
}

/** A condition on what a key holds when the transaction begins. */
export type Check = ExistenceCheck | RevisionCheck;

/** The key is there, or is not there. */
export interface ExistenceCheck {
  readonly key: string;
  readonly exists: boolean;
}

/** The key's entry has exactly this revision; 0 stands for a key that is not there. */
export interface RevisionCheck {
  readonly key: string;
  readonly revision: number;
}

export type Operation = GetOperation | SetOperation | DeleteOperation | IncrementOperation;

/** Reads a key. */
export interface GetOperation {
  readonly type: 'get';
  readonly key: string;
  /** A missing key is then no failure but the result `missing`. Default: false. */
  readonly allowMissing?: boolean;
}

/** Writes a key: value and expiry both. */
export interface SetOperation {
  readonly type: 'set';
  readonly key: string;
  readonly value: JsonText;
  /**
   * Whole milliseconds that the entry lives, counted from the transaction's own time; absent: for ever. With 0 or less the key is gone at once.
   *
   * Relative, because the time of a transaction is the engine's to tell: a shared engine has its own clock.
   */
  readonly ttlMs?: number;
  /** `absent`: fails with KEY_EXISTS when the key is there. `present`: fails with KEY_NOT_FOUND when it is not. Default: writes either way. */
  readonly onlyIf?: 'absent' | 'present';
}

/** Removes a key. */
export interface DeleteOperation {
  readonly type: 'delete';
  readonly key: string;
  /** A missing key is then no failure but the result `missing`. Default: false. */
  readonly allowMissing?: boolean;
}

/**
 * Adds to an integer: a JSON number without fraction and exponent, or a JSON string of an optional minus and digits. The sum is written in the same form; the expiry stays.
 * Fails with KEY_NOT_FOUND, NOT_AN_INTEGER, or OUT_OF_RANGE when the sum does not fit 64 bits.
 */
export interface IncrementOperation {
  readonly type: 'increment';
  readonly key: string;
  readonly by: bigint;
}

/** What became of one operation. */
export type OperationResult = GotResult | SetResult | DeletedResult | IncrementedResult | MissingResult | FailedResult;

export interface GotResult {
  readonly status: 'got';
  readonly entry: Entry;
}

export interface SetResult {
  readonly status: 'set';
  /** The store's revision after this operation. */
  readonly revision: number;
  /** Whether the key was not there before; also when its TTL had it gone at once. */
  readonly created: boolean;
}

export interface DeletedResult {
  readonly status: 'deleted';
  /** The store's revision after this operation. */
  readonly revision: number;
}

export interface IncrementedResult {
  readonly status: 'incremented';
  /** The sum. */
  readonly value: bigint;
  /** The store's revision after this operation. */
  readonly revision: number;
}

/** A get or delete with `allowMissing` found nothing. */
export interface MissingResult {
  readonly status: 'missing';
}

export interface FailedResult {
  readonly status: 'failed';
  readonly reason: OperationFailure;
}

/** Why an operation failed. Part of a result, never thrown: the engine did its work. */
export type OperationFailure = 'KEY_NOT_FOUND' | 'KEY_EXISTS' | 'NOT_AN_INTEGER' | 'OUT_OF_RANGE';

/** What became of a transaction. */
export interface TransactionResult {
  /** False when a check failed, or when the transaction is atomic and an operation failed: then nothing was changed. */
  readonly committed: boolean;
  /** The store's revision after the transaction. */
  readonly revision: number;
  /** Indices of the checks that did not hold. */
  readonly failedChecks: readonly number[];
  /**
   * One result for each operation, at its index; empty when a check failed. In an atomic transaction that did not commit they tell what each operation would have done after the
   * ones before it, so that every failure can be named, and revisions in them mean nothing.
   */
  readonly results: readonly OperationResult[];
}

/** What a committed transaction changes, one for each operation that writes, in order. A later effect may concern the same key. */
export type Effect = SetEffect | DeleteEffect;

export interface SetEffect {
  readonly type: 'set';
  readonly entry: Entry;
}

export interface DeleteEffect {
  readonly type: 'delete';
  readonly key: string;
  readonly revision: number;
  /** When it was deleted, Unix milliseconds. */
  readonly at: number;
}

/** Every key that a transaction checks, reads or writes, each once, in order of first appearance. */
export function keysOf(transaction: Transaction): string[] {
  const keys = new Set<string>();
  for (const check of transaction.checks ?? []) keys.add(check.key);
  for (const operation of transaction.operations) keys.add(operation.key);
  return [...keys];
}
