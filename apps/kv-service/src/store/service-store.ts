import type {
  Entry,
  EntryBatches,
  KvStore,
  ListQuery,
  LoadOptions,
  LoadResult,
  Page,
  StoreCapabilities,
  StoreSnapshot,
  StoreStats,
  Transaction,
  TransactionResult,
} from '@kvasir/kv-core';

/**
 * The store that everybody injects: it is there before the engine is open, so that the ports can answer meanwhile, and it tells of writes that fail.
 */
export class ServiceStore implements KvStore {
  /**
   * @param current answers until {@link become}
   * @param onFailure told of each error that a write or a sweep ends with
   */
  constructor(
    private current: KvStore,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  get capabilities(): StoreCapabilities {
    return this.current.capabilities;
  }

  /** From now on every call goes to the engine's store. */
  become(opened: KvStore): void {
    this.current = opened;
  }

  get(key: string): Promise<Entry | undefined> {
    return this.current.get(key);
  }

  list(query: ListQuery): Promise<Page<Entry>> {
    return this.current.list(query);
  }

  listKeys(query: ListQuery): Promise<Page<string>> {
    return this.current.listKeys(query);
  }

  commit(transaction: Transaction): Promise<TransactionResult> {
    return this.watched(this.current.commit(transaction));
  }

  stats(): Promise<StoreStats> {
    return this.current.stats();
  }

  purgeExpired(limit: number): Promise<number> {
    return this.watched(this.current.purgeExpired(limit));
  }

  snapshot(): Promise<StoreSnapshot> {
    return this.current.snapshot();
  }

  load(batches: EntryBatches, options: LoadOptions): Promise<LoadResult> {
    return this.watched(this.current.load(batches, options));
  }

  close(): Promise<void> {
    return this.current.close();
  }

  private watched<Result>(result: Promise<Result>): Promise<Result> {
    result.then(undefined, this.onFailure);
    return result;
  }
}
