import type { Entry } from './entry.js';
import { QueryInvalidError, StoreClosedError, StoreUnavailableError, TransactionInvalidError } from './errors.js';
import { MAX_INTEGER, MIN_INTEGER } from './integer-value.js';
import { validateKey } from './key.js';
import { MAX_PAGE_LIMIT, MAX_TTL_MS } from './limits.js';
import { CheckedBatches, validateLoadOptions, type EntryBatches, type LoadOptions, type LoadResult } from './load.js';
import { OpenSnapshot, type SnapshotSource, type StoreSnapshot } from './snapshot.js';
import type { KvStore, ListQuery, Page, StoreCapabilities, StoreStats } from './store.js';
import type { Operation, Transaction, TransactionResult } from './transaction.js';

/**
 * What all engines share: arguments are checked and a closed store refuses, once, here; the hooks (`do…`) of an engine get clean input.
 */
export abstract class AbstractKvStore implements KvStore {
  abstract readonly capabilities: StoreCapabilities;
  private closing: Promise<void> | undefined;
  private readonly snapshots = new Set<OpenSnapshot>();
  /** Snapshots that are being opened. */
  private readonly opening = new Set<Promise<unknown>>();
  private loading: { readonly batches: CheckedBatches; readonly done: Promise<LoadResult> } | undefined;

  async get(key: string): Promise<Entry | undefined> {
    this.refuseWhenClosed();
    validateKey(key);
    return this.doGet(key);
  }

  async list(query: ListQuery): Promise<Page<Entry>> {
    this.refuseWhenClosed();
    validateListQuery(query);
    return this.doList(query);
  }

  async listKeys(query: ListQuery): Promise<Page<string>> {
    this.refuseWhenClosed();
    validateListQuery(query);
    return this.doListKeys(query);
  }

  async commit(transaction: Transaction): Promise<TransactionResult> {
    this.refuseWhenClosed();
    validateTransaction(transaction);
    return this.doCommit(transaction);
  }

  async stats(): Promise<StoreStats> {
    this.refuseWhenClosed();
    return this.doStats();
  }

  async purgeExpired(limit: number): Promise<number> {
    this.refuseWhenClosed();
    if (!Number.isSafeInteger(limit) || limit < 1) {
      throw new QueryInvalidError(`the limit of a sweep is ${limit}; it is a whole number from 1`);
    }
    return this.doPurgeExpired(limit);
  }

  async snapshot(): Promise<StoreSnapshot> {
    this.refuseWhenClosed();
    const opened = this.openSnapshot();
    this.opening.add(opened);
    try {
      return await opened;
    } finally {
      this.opening.delete(opened);
    }
  }

  async load(batches: EntryBatches, options: LoadOptions): Promise<LoadResult> {
    this.refuseWhenClosed();
    validateLoadOptions(options);
    if (this.loading !== undefined) throw new StoreUnavailableError('another load is under way; nothing was changed');
    const checked = new CheckedBatches(batches);
    // Noted before anything is asked of the batches, which may use the store themselves.
    const done = Promise.resolve().then(() => this.doLoad(checked, options));
    this.loading = { batches: checked, done };
    try {
      return await done;
    } finally {
      this.loading = undefined;
    }
  }

  close(): Promise<void> {
    this.closing ??= this.closeOnce();
    return this.closing;
  }

  /** The raw read; an expired entry must not be given. */
  protected abstract doGet(key: string): Entry | undefined | Promise<Entry | undefined>;
  protected abstract doList(query: ListQuery): Page<Entry> | Promise<Page<Entry>>;
  protected abstract doListKeys(query: ListQuery): Page<string> | Promise<Page<string>>;
  protected abstract doCommit(transaction: Transaction): TransactionResult | Promise<TransactionResult>;
  protected abstract doStats(): StoreStats | Promise<StoreStats>;
  protected abstract doPurgeExpired(limit: number): number | Promise<number>;
  protected abstract doSnapshot(): SnapshotSource | Promise<SnapshotSource>;
  /** The batches are checked: valid entries in byte order of the key, each key once. They end with an error when the store closes. */
  protected abstract doLoad(batches: AsyncIterable<readonly Entry[]>, options: LoadOptions): Promise<LoadResult>;
  /** Called once, after which no other hook is called. Calls that hooks have taken before still finish. */
  protected abstract doClose(): Promise<void>;

  /** A hook that throws at once rejects like any other. */
  private async closeOnce(): Promise<void> {
    this.loading?.batches.endWithStore();
    const ending = [...this.snapshots].map((snapshot) => snapshot.endWithStore());
    if (this.loading !== undefined) ending.push(this.loading.done.then(() => undefined));
    for (const opened of this.opening) ending.push(opened.then(() => undefined));
    if (ending.length > 0) await Promise.allSettled(ending);
    await this.doClose();
  }

  private async openSnapshot(): Promise<StoreSnapshot> {
    const snapshot = new OpenSnapshot(await this.doSnapshot(), (closed) => this.snapshots.delete(closed));
    if (this.closing !== undefined) {
      await snapshot.endWithStore();
      throw new StoreClosedError();
    }
    this.snapshots.add(snapshot);
    return snapshot;
  }

  private refuseWhenClosed(): void {
    if (this.closing !== undefined) throw new StoreClosedError();
  }
}

/** @throws QueryInvalidError for bounds or a limit that no listing has */
export function validateListQuery(query: ListQuery): void {
  const { limit } = query;
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > MAX_PAGE_LIMIT) {
    throw new QueryInvalidError(`the limit of a listing is ${limit}; it is a whole number from 1 to ${MAX_PAGE_LIMIT}`);
  }
  const { prefix, start, end, after } = query as { prefix?: string; start?: string; end?: string; after?: string };
  for (const [name, bound] of Object.entries({ prefix, start, end, after })) {
    if (bound?.includes('\0') === true || bound?.isWellFormed() === false) {
      throw new QueryInvalidError(`the ${name} of a listing holds a NUL or a lone surrogate, which no key does`);
    }
  }
  if (prefix !== undefined && (start !== undefined || end !== undefined)) {
    throw new QueryInvalidError('a listing has a prefix or a range, not both');
  }
}

function validateTransaction(transaction: Transaction): void {
  for (const check of transaction.checks ?? []) {
    validateKey(check.key);
    if ('revision' in check && !(Number.isSafeInteger(check.revision) && check.revision >= 0)) {
      throw new TransactionInvalidError(`a check's revision is ${check.revision}; it is a whole number from 0`);
    }
  }
  for (const operation of transaction.operations) validateOperation(operation);
}

function validateOperation(operation: Operation): void {
  validateKey(operation.key);
  if (operation.type === 'set') validateTtl(operation.ttlMs);
  if (operation.type === 'increment' && (operation.by < MIN_INTEGER || operation.by > MAX_INTEGER)) {
    throw new TransactionInvalidError(`the increment ${operation.by} does not fit 64 bits`);
  }
}

function validateTtl(ttlMs: number | undefined): void {
  if (ttlMs === undefined) return;
  if (!Number.isSafeInteger(ttlMs) || ttlMs > MAX_TTL_MS) {
    throw new TransactionInvalidError(`the TTL is ${ttlMs} ms; it is a whole number up to ${MAX_TTL_MS}`);
  }
}
