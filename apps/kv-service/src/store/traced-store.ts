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
import { KvError } from '@kvasir/kv-core';
import type { Span, Tracer } from '@kvasir/tracing';
import type { LastSync } from './last-sync.js';

/** What calls of the store are traced with. */
export interface StoreTracing {
  readonly tracer: Tracer;
  /** Of an engine whose commits wait for a sync of the log; undefined for the others. */
  readonly syncs: LastSync | undefined;
  /** Whether reads leave the process. Those of an engine in memory take a microsecond, less than a span. */
  readonly readsRemotely: boolean;
}

/** The store, with spans of what is done for requests that are traced: commits, and reads that leave the process. */
export class TracedStore implements KvStore {
  constructor(
    private readonly store: KvStore,
    private readonly tracing: StoreTracing,
  ) {}

  get capabilities(): StoreCapabilities {
    return this.store.capabilities;
  }

  get(key: string): Promise<Entry | undefined> {
    return this.read('store.get', () => this.store.get(key));
  }

  list(query: ListQuery): Promise<Page<Entry>> {
    return this.read('store.list', () => this.store.list(query));
  }

  listKeys(query: ListQuery): Promise<Page<string>> {
    return this.read('store.list', () => this.store.listKeys(query));
  }

  commit(transaction: Transaction): Promise<TransactionResult> {
    const caller = this.tracing.tracer.current();
    if (caller === undefined) return this.store.commit(transaction);
    const { operations, atomic } = transaction;
    const attributes = { 'kvasir.operations': operations.length, 'kvasir.atomic': atomic };
    const writes = operations.some(({ type }) => type !== 'get');
    return this.traced(caller, 'store.commit', attributes, () => this.store.commit(transaction), writes);
  }

  stats(): Promise<StoreStats> {
    return this.store.stats();
  }

  purgeExpired(limit: number): Promise<number> {
    return this.store.purgeExpired(limit);
  }

  snapshot(): Promise<StoreSnapshot> {
    return this.store.snapshot();
  }

  load(batches: EntryBatches, options: LoadOptions): Promise<LoadResult> {
    return this.store.load(batches, options);
  }

  close(): Promise<void> {
    return this.store.close();
  }

  private read<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const caller = this.tracing.readsRemotely ? this.tracing.tracer.current() : undefined;
    return caller === undefined ? work() : this.traced(caller, name, {}, work, false);
  }

  private async traced<Result>(
    { context: parent }: Span,
    name: string,
    attributes: Readonly<Record<string, number | boolean>>,
    work: () => Promise<Result>,
    awaitsSync: boolean,
  ): Promise<Result> {
    const startedAt = performance.now();
    const span = this.tracing.tracer.start({ name, kind: 'internal', parent, attributes, startedAt });
    try {
      const result = await work();
      // Before the span's end: a viewer shows what lies within.
      if (awaitsSync) this.addSync(span, startedAt);
      span.end();
      return result;
    } catch (error) {
      span.end({ failure: error instanceof KvError ? error.code : 'INTERNAL' });
      throw error;
    }
  }

  /**
   * Groups go to the disk one after the other, and their members are answered before anything of the next one has come back from it: the last sync is that of the commit's group, or of the group ahead.
   * The group ahead was closed before the commit came; then the own one had nothing to write, as when a key that is to be deleted is not there.
   */
  private addSync(span: Span, commitStartedAt: number): void {
    const { tracer, syncs } = this.tracing;
    const sync = syncs?.last;
    if (sync === undefined || sync.groupClosedAt < commitStartedAt) return;
    const { startedAt, endedAt, transactions } = sync;
    const attributes = { 'kvasir.group.transactions': transactions };
    tracer.start({ name: 'log.sync', kind: 'internal', parent: span.context, attributes, startedAt }).end({ endedAt });
  }
}
