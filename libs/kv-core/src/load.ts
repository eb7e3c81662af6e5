import { isExpired, NEVER, type Entry } from './entry.js';
import { LoadInvalidError, StoreClosedError, StoreNotEmptyError } from './errors.js';
import { compareKeys, validateKey } from './key.js';

/** What is loaded: batches of entries (some hundred, or some hundred KiB, each) in byte order of the key, each key once, as a snapshot gives them. */
export type EntryBatches = AsyncIterable<readonly Entry[]> | Iterable<readonly Entry[]>;

/** How loaded entries meet those that are there. */
export interface LoadOptions {
  /**
   * - `replace`: afterwards the store holds what was loaded and nothing else, each entry in all its fields. All or nothing: until the load has succeeded, readers see what was there before, and
   *   a load that fails, or a process that dies, changes nothing.
   * - `fill`: a `replace` that rejects with STORE_NOT_EMPTY, changing nothing, when the store holds a key.
   * - `merge`: loaded entries are written over those of the same key, and all others stay. Value, expiry and both times are those loaded; the revision is a new one, as for any write, in the
   *   order of the load. A load that fails may leave some of its entries; doing it again gives what it would have given.
   */
  readonly mode: LoadMode;
  /** For `replace` and `fill`: the revision that the store is to have at least, as of the snapshot that the entries are from. Default: the highest of the entries'. */
  readonly revision?: number;
}

/** See {@link LoadOptions.mode}. */
export type LoadMode = 'replace' | 'fill' | 'merge';

/** What a load did. */
export interface LoadResult {
  /** How many entries were put in. */
  readonly entries: number;
  /** How many were left out, because they have expired since. */
  readonly expired: number;
  /** The store's revision afterwards. */
  readonly revision: number;
}

/**
 * How far behind the time of a loaded entry a store's clock may be, in milliseconds: a day. A store's time never runs backwards, so one entry from the far future would have it stand still
 * there, and everything with a TTL expire.
 */
export const MAX_LOAD_AHEAD_MS = 86_400_000;

/**
 * What of a batch is put in: the entries that have not expired at `now` (Unix milliseconds, the store's time).
 *
 * @throws LoadInvalidError for an entry from the far future
 */
export function livingOf(batch: readonly Entry[], now: number): readonly Entry[] {
  const latest = now + MAX_LOAD_AHEAD_MS;
  for (const { key, createdAt, updatedAt } of batch) {
    if (updatedAt > latest || createdAt > latest) {
      throw new LoadInvalidError(
        `the entry ${JSON.stringify(key)} was written more than a day after this store's time, ${new Date(now).toISOString()}; set the clocks right first`,
      );
    }
  }
  return batch.some(({ expiresAt }) => isExpired(expiresAt, now))
    ? batch.filter(({ expiresAt }) => !isExpired(expiresAt, now))
    : batch;
}

/**
 * The store's revision after a `replace` or `fill`: that of the snapshot; but a store that was written to before has one more than it had, so that nobody takes its state for the one before.
 *
 * @param before the store's revision before
 * @param loaded the greatest of the entries' and the snapshot's
 */
export function revisionAfterReplace(before: number, loaded: number): number {
  return before === 0 ? loaded : Math.max(before + 1, loaded);
}

/** @throws StoreNotEmptyError for a `fill` of a store that holds keys */
export function requireEmpty(mode: LoadMode, keys: number): void {
  if (mode === 'fill' && keys > 0) throw new StoreNotEmptyError(keys);
}

/** @throws LoadInvalidError for a mode or a revision that is none */
export function validateLoadOptions({ mode, revision }: LoadOptions): void {
  if (!['replace', 'fill', 'merge'].includes(mode)) {
    throw new LoadInvalidError(`the mode of a load is ${JSON.stringify(mode)}; it is replace, fill or merge`);
  }
  if (revision !== undefined && !(Number.isSafeInteger(revision) && revision >= 0)) {
    throw new LoadInvalidError(`the revision of a load is ${revision}; it is a whole number from 0`);
  }
}

/** Passes batches on, checks each entry, and ends with STORE_CLOSED when the store closes, whatever the source is waiting for. */
export class CheckedBatches implements AsyncIterable<readonly Entry[]> {
  private lastKey: string | undefined;
  private closed = false;
  private onClose: ((error: Error) => void) | undefined;

  constructor(private readonly batches: EntryBatches) {}

  /** Ends the load because the store closes. */
  endWithStore(): void {
    this.closed = true;
    this.onClose?.(new StoreClosedError());
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly Entry[], void, undefined> {
    const { batches } = this;
    const iterator: AsyncIterator<readonly Entry[]> | Iterator<readonly Entry[]> =
      Symbol.asyncIterator in batches ? batches[Symbol.asyncIterator]() : batches[Symbol.iterator]();
    let ended = false;
    try {
      for (;;) {
        const result = await this.race(Promise.resolve(iterator.next()));
        if (result.done === true) {
          ended = true;
          return;
        }
        for (const entry of result.value) this.check(entry);
        yield result.value;
      }
    } finally {
      // Not awaited: the source may be waiting for something that never comes.
      if (!ended) void Promise.resolve(iterator.return?.()).catch(() => undefined);
    }
  }

  private race<Result>(next: Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.closed) reject(new StoreClosedError());
      this.onClose = reject;
      next.then(resolve, reject);
    });
  }

  private check(entry: Entry): void {
    const { key, value, revision, createdAt, updatedAt, expiresAt } = entry;
    validateKey(key);
    if (this.lastKey !== undefined && compareKeys(this.lastKey, key) >= 0) {
      throw invalid(key, `comes behind ${JSON.stringify(this.lastKey)}, which is not before it in byte order`);
    }
    this.lastKey = key;
    if (typeof value !== 'string' || value === '' || value.includes('\n') || !value.isWellFormed()) {
      throw invalid(key, 'has a value that is no JSON text without white space between its tokens');
    }
    if (!Number.isSafeInteger(revision) || revision < 1) {
      throw invalid(key, `has the revision ${revision}; it is a whole number from 1`);
    }
    for (const time of [createdAt, updatedAt]) {
      if (!Number.isSafeInteger(time) || time < 0) {
        throw invalid(key, `has the time ${time}; times are whole milliseconds of Unix time, not negative`);
      }
    }
    if (expiresAt !== NEVER && !(Number.isSafeInteger(expiresAt) && expiresAt > updatedAt)) {
      throw invalid(key, `expires at ${expiresAt}, but was written at ${updatedAt}; it can only expire later`);
    }
  }
}

function invalid(key: string, problem: string): LoadInvalidError {
  return new LoadInvalidError(`the entry ${JSON.stringify(key)} ${problem}`);
}
