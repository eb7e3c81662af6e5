import {
  AbstractKvStore,
  compareKeys,
  DataDirLockedError,
  interpret,
  isExpired,
  livingOf,
  ManualClock,
  requireEmpty,
  revisionAfterReplace,
  type Clock,
  type Effect,
  type Entry,
  type KvStore,
  type ListQuery,
  type LoadOptions,
  type LoadResult,
  type Page,
  type SnapshotSource,
  type StoreCapabilities,
  type StoreStats,
  type Transaction,
  type TransactionResult,
} from '@kvasir/kv-core';
import type { ConformanceEngine, KvStoreHarness } from '../harness.js';

/** So few that the tests' small stores give several. */
const SNAPSHOT_BATCH = 3;

/** What outlives a store: a stand-in for a disk or a database. */
export class ReferenceData {
  readonly entries = new Map<string, Entry>();
  revision = 0;
}

/**
 * The least engine that passes the suite: a map over kv-core's interpreter. It shows that the suite can be passed, and its
 * broken kin (`mutants.ts`) that it can be failed.
 */
export class ReferenceStore extends AbstractKvStore {
  readonly capabilities: StoreCapabilities;
  protected readonly data: ReferenceData;
  protected readonly clock: Clock;

  constructor(data: ReferenceData, clock: Clock, capabilities: StoreCapabilities) {
    super();
    this.data = data;
    this.clock = clock;
    this.capabilities = capabilities;
  }

  protected doGet(key: string): Entry | undefined | Promise<Entry | undefined> {
    const entry = this.data.entries.get(key);
    return entry !== undefined && this.isLiving(entry) ? entry : undefined;
  }

  protected doList(query: ListQuery): Page<Entry> {
    const { prefix, start, end } = query as { prefix?: string; start?: string; end?: string };
    const { after, limit, reverse = false } = query;
    const found = this.living().filter(
      ({ key }) =>
        (prefix === undefined || key.startsWith(prefix)) &&
        (start === undefined || this.compare(key, start) >= 0) &&
        (end === undefined || this.compare(key, end) < 0) &&
        (after === undefined || (reverse ? this.compare(key, after) < 0 : this.compare(key, after) > 0)),
    );
    found.sort((a, b) => this.compare(a.key, b.key));
    if (reverse) found.reverse();
    return { items: found.slice(0, limit), more: found.length > limit };
  }

  protected doListKeys(query: ListQuery): Page<string> {
    const { items, more } = this.doList(query);
    return { items: items.map((entry) => entry.key), more };
  }

  protected doCommit(transaction: Transaction): TransactionResult | Promise<TransactionResult> {
    const { effects, ...result } = interpret(transaction, {
      read: (key) => this.data.entries.get(key),
      now: this.clock.now(),
      revision: this.data.revision,
    });
    for (const effect of effects) this.apply(effect);
    return result;
  }

  protected doStats(): StoreStats {
    const living = this.living();
    const sizeBytes = living.reduce((sum, entry) => sum + Buffer.byteLength(entry.value), 0);
    return { keys: living.length, sizeBytes, revision: this.data.revision };
  }

  protected doPurgeExpired(limit: number): number {
    const expired = [...this.data.entries.values()].filter((entry) => isExpired(entry.expiresAt, this.clock.now()));
    const freed = expired.slice(0, limit);
    for (const entry of freed) this.data.entries.delete(entry.key);
    return freed.length;
  }

  protected doSnapshot(): SnapshotSource | Promise<SnapshotSource> {
    const entries = this.living().sort((a, b) => this.compare(a.key, b.key));
    const { length: keys } = entries;
    return {
      revision: this.data.revision,
      time: this.clock.now(),
      keys,
      next: () => (entries.length === 0 ? undefined : entries.splice(0, SNAPSHOT_BATCH)),
      close: () => undefined,
    };
  }

  protected async doLoad(
    batches: AsyncIterable<readonly Entry[]>,
    { mode, revision = 0 }: LoadOptions,
  ): Promise<LoadResult> {
    requireEmpty(mode, this.living().length);
    const loaded: Entry[] = [];
    let expired = 0;
    let highest = revision;
    for await (const batch of batches) {
      const living = livingOf(batch, this.clock.now());
      loaded.push(...living);
      expired += batch.length - living.length;
      highest = batch.reduce((most, entry) => Math.max(most, entry.revision), highest);
    }
    requireEmpty(mode, this.living().length);
    if (mode === 'merge') {
      for (const entry of loaded) this.apply({ type: 'set', entry: { ...entry, revision: this.data.revision + 1 } });
    } else {
      this.data.entries.clear();
      for (const entry of loaded) this.data.entries.set(entry.key, entry);
      this.data.revision = revisionAfterReplace(this.data.revision, highest);
    }
    return { entries: loaded.length, expired, revision: this.data.revision };
  }

  protected async doClose(): Promise<void> {
    // Nothing is under way in a store that answers at once.
  }

  protected apply(effect: Effect): void {
    if (effect.type === 'set') {
      this.data.entries.set(effect.entry.key, effect.entry);
      this.data.revision = effect.entry.revision;
    } else {
      this.data.entries.delete(effect.key);
      this.data.revision = effect.revision;
    }
  }

  protected isLiving(entry: Entry): boolean {
    return !isExpired(entry.expiresAt, this.clock.now());
  }

  protected living(): Entry[] {
    return [...this.data.entries.values()].filter((entry) => this.isLiving(entry));
  }

  protected compare(a: string, b: string): number {
    return compareKeys(a, b);
  }
}

/** How a reference store, or one of its broken kin, is made. */
export type ReferenceStoreClass = new (data: ReferenceData, clock: Clock, capabilities: StoreCapabilities) => KvStore;

/** What a restart makes of the data; the identity, unless an engine is to be broken just there. */
export type Restart = (data: ReferenceData) => ReferenceData;

/** A reference engine with the given capabilities. */
export function referenceEngine(
  capabilities: StoreCapabilities,
  Store: ReferenceStoreClass = ReferenceStore,
  restart: Restart = (data) => data,
): ConformanceEngine {
  return { capabilities, createHarness: () => new ReferenceHarness(capabilities, Store, restart) };
}

class ReferenceHarness implements KvStoreHarness {
  readonly #clock = new ManualClock(Date.UTC(2030, 0, 1, 12, 30, 15, 123));
  readonly #capabilities: StoreCapabilities;
  readonly #Store: ReferenceStoreClass;
  readonly #restart: Restart;
  readonly #opened: KvStore[] = [];
  #data = new ReferenceData();

  constructor(capabilities: StoreCapabilities, Store: ReferenceStoreClass, restart: Restart) {
    this.#capabilities = capabilities;
    this.#Store = Store;
    this.#restart = restart;
  }

  async open(): Promise<KvStore> {
    const store = new this.#Store(this.#data, this.#clock, this.#capabilities);
    this.#opened.push(store);
    return store;
  }

  async reopen(): Promise<KvStore> {
    await this.destroy();
    this.#data = this.#capabilities.durable ? this.#restart(this.#data) : new ReferenceData();
    return await this.open();
  }

  async openAnother(): Promise<KvStore> {
    if (this.#capabilities.shared) return await this.open();
    if (this.#capabilities.durable) throw new DataDirLockedError('another store has the data open');
    const store = new this.#Store(new ReferenceData(), this.#clock, this.#capabilities);
    this.#opened.push(store);
    return store;
  }

  now(): number {
    return this.#clock.now();
  }

  async advanceTime(milliseconds: number): Promise<void> {
    this.#clock.advance(milliseconds);
  }

  async destroy(): Promise<void> {
    await Promise.all(this.#opened.map((store) => store.close()));
  }
}
