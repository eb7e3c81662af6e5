import { isExpired, NEVER, type Entry, type EntryState } from './entry.js';
import { addToInteger } from './integer-value.js';
import type {
  Check,
  DeleteOperation,
  Effect,
  FailedResult,
  GetOperation,
  IncrementOperation,
  Operation,
  OperationFailure,
  OperationResult,
  SetOperation,
  Transaction,
  TransactionResult,
} from './transaction.js';

/** What an engine gives the interpreter to work on. */
export interface TransactionContext {
  /** What a key holds before the transaction; an expired entry may be given, and is taken for missing. */
  readonly read: (key: string) => Entry | undefined;
  /** The same without key and value, from an engine that can tell that for less. Absent: `read` serves. */
  readonly readState?: (key: string) => EntryState | undefined;
  /** The time of the transaction, Unix milliseconds. */
  readonly now: number;
  /** The store's revision before the transaction. */
  readonly revision: number;
}

/** What a transaction answers, and what the engine has to store for it. */
export interface Interpretation extends TransactionResult {
  /** Empty when the transaction did not commit. */
  readonly effects: readonly Effect[];
}

/**
 * The one place that knows what transactions mean: from what the keys hold now, checks and operations to results and effects. Pure: engines read before it and store after it.
 */
export function interpret(transaction: Transaction, context: TransactionContext): Interpretation {
  const run = new TransactionRun(context, transaction.operations.length > 1);

  const failedChecks = transaction.checks === undefined ? [] : run.failedChecks(transaction.checks);
  if (failedChecks.length > 0) {
    return { committed: false, revision: context.revision, failedChecks, results: [], effects: [] };
  }

  const results = transaction.operations.map((operation) => run.perform(operation));
  if (transaction.atomic && results.some((result) => result.status === 'failed')) {
    return { committed: false, revision: context.revision, failedChecks, results, effects: [] };
  }
  return { committed: true, revision: run.revision, failedChecks, results, effects: run.effects };
}

/** One transaction under way: what it has done so far, seen by its later operations. */
class TransactionRun {
  readonly effects: Effect[] = [];
  revision: number;
  /** What earlier operations left under a key; only kept when there are later ones to see it. */
  private readonly written: Map<string, Entry | undefined> | undefined;

  constructor(
    private readonly context: TransactionContext,
    severalOperations: boolean,
  ) {
    this.revision = context.revision;
    this.written = severalOperations ? new Map() : undefined;
  }

  failedChecks(checks: readonly Check[]): number[] {
    return checks.flatMap((check, index) => (this.holds(check) ? [] : [index]));
  }

  perform(operation: Operation): OperationResult {
    switch (operation.type) {
      case 'get': {
        const entry = this.read(operation.key);
        return entry === undefined ? missing(operation) : { status: 'got', entry };
      }
      case 'set':
        return this.set(operation, this.readState(operation.key));
      case 'delete':
        return this.readState(operation.key) === undefined ? missing(operation) : this.delete(operation.key);
      case 'increment': {
        const entry = this.read(operation.key);
        return entry === undefined ? failed('KEY_NOT_FOUND') : this.increment(operation, entry);
      }
    }
  }

  private holds(check: Check): boolean {
    const current = this.readState(check.key);
    if ('exists' in check) return (current !== undefined) === check.exists;
    return (current?.revision ?? 0) === check.revision;
  }

  private read(key: string): Entry | undefined {
    return this.living(this.written?.has(key) === true ? this.written.get(key) : this.context.read(key));
  }

  private readState(key: string): EntryState | undefined {
    const { context, written } = this;
    if (written?.has(key) === true) return this.living(written.get(key));
    return this.living(context.readState === undefined ? context.read(key) : context.readState(key));
  }

  private living<T extends EntryState>(entry: T | undefined): T | undefined {
    return entry === undefined || isExpired(entry.expiresAt, this.context.now) ? undefined : entry;
  }

  private set(operation: SetOperation, current: EntryState | undefined): OperationResult {
    if (operation.onlyIf === 'absent' && current !== undefined) return failed('KEY_EXISTS');
    if (operation.onlyIf === 'present' && current === undefined) return failed('KEY_NOT_FOUND');

    const { now } = this.context;
    const expiresAt = operation.ttlMs === undefined ? NEVER : now + operation.ttlMs;
    const created = current === undefined;
    if (!isExpired(expiresAt, now)) {
      this.put(operation.key, operation.value, current, expiresAt);
    } else if (!created) {
      this.delete(operation.key);
    }
    return { status: 'set', revision: this.revision, created };
  }

  private increment(operation: IncrementOperation, current: Entry): OperationResult {
    const outcome = addToInteger(current.value, operation.by);
    if (outcome.status !== 'sum') return failed(outcome.status);
    this.put(operation.key, outcome.value, current, current.expiresAt);
    return { status: 'incremented', value: outcome.sum, revision: this.revision };
  }

  private put(key: string, value: Entry['value'], current: EntryState | undefined, expiresAt: number): void {
    const { now } = this.context;
    const revision = ++this.revision;
    const entry: Entry = { key, value, revision, createdAt: current?.createdAt ?? now, updatedAt: now, expiresAt };
    this.effects.push({ type: 'set', entry });
    this.written?.set(key, entry);
  }

  private delete(key: string): OperationResult {
    const revision = ++this.revision;
    this.effects.push({ type: 'delete', key, revision, at: this.context.now });
    this.written?.set(key, undefined);
    return { status: 'deleted', revision };
  }
}

function missing(operation: GetOperation | DeleteOperation): OperationResult {
  return operation.allowMissing === true ? { status: 'missing' } : failed('KEY_NOT_FOUND');
}

function failed(reason: OperationFailure): FailedResult {
  return { status: 'failed', reason };
}
