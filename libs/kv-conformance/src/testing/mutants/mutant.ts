import {
  isExpired,
  trustJsonText,
  type Clock,
  type Effect,
  type Entry,
  type ListQuery,
  type LoadOptions,
  type LoadResult,
  type Operation,
  type Page,
  type SnapshotSource,
  type StoreCapabilities,
  type StoreStats,
  type Transaction,
  type TransactionResult,
} from '@kvasir/kv-core';
import { ReferenceData, ReferenceStore, type ReferenceStoreClass, type Restart } from './reference-store.js';

/** A reference engine with one mistake in it, and who has to find it. */
export interface Mutant {
  /** The mistake, as the end of "an engine that …". */
  readonly mistake: string;
  /** The concern of which at least one test must fail. */
  readonly caughtBy: string;
  /** Whether random histories must find it as well: they cannot see what only closing or torn reads show. */
  readonly caughtByModel: boolean;
  readonly capabilities?: StoreCapabilities;
  readonly Store?: ReferenceStoreClass;
  readonly restart?: Restart;
}

/** Keeps the entry that `change` makes of each written one. */
function writing(
  change: (entry: Entry, before: Entry | undefined, now: number) => Partial<Entry>,
): ReferenceStoreClass {
  return class extends ReferenceStore {
    protected override apply(effect: Effect): void {
      if (effect.type === 'delete') return super.apply(effect);
      const { entry } = effect;
      const before = this.data.entries.get(entry.key);
      super.apply({ type: 'set', entry: { ...entry, ...change(entry, before, this.clock.now()) } });
    }
  };
}

/** Commits what `change` makes of each transaction. */
function committing(change: (transaction: Transaction) => Transaction): ReferenceStoreClass {
  return class extends ReferenceStore {
    protected override doCommit(transaction: Transaction): TransactionResult | Promise<TransactionResult> {
      return super.doCommit(change(transaction));
    }
  };
}

/** Lists what `change` makes of each query and its page. */
function listing(
  change: (query: ListQuery, list: (query: ListQuery) => Page<Entry>) => Page<Entry>,
): ReferenceStoreClass {
  return class extends ReferenceStore {
    protected override doList(query: ListQuery): Page<Entry> {
      return change(query, (other) => super.doList(other));
    }
  };
}

function eachOperation(change: (operation: Operation) => Operation): ReferenceStoreClass {
  return committing((transaction) => ({ ...transaction, operations: transaction.operations.map(change) }));
}

/** A restart that keeps what `change` makes of each entry. */
function restarting(change: (entry: Entry) => Partial<Entry>): Restart {
  return (data) => {
    const next = new ReferenceData();
    next.revision = data.revision;
    for (const entry of data.entries.values()) next.entries.set(entry.key, { ...entry, ...change(entry) });
    return next;
  };
}

const pause = async (): Promise<void> => {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
};

/** What the store before left behind, by the clock of their harness. */
const leftovers = new WeakMap<Clock, ReferenceData>();

/** Every mistake here was made by some store once. */
export const MUTANTS: readonly Mutant[] = [
  {
    mistake: 'gives expired entries to get',
    caughtBy: 'expiry',
    caughtByModel: true,
    Store: class extends ReferenceStore {
      protected override doGet(key: string): Entry | undefined {
        return this.data.entries.get(key);
      }
    },
  },
  {
    mistake: 'forgets expiry in listings',
    caughtBy: 'listing',
    caughtByModel: true,
    Store: class extends ReferenceStore {
      protected override isLiving(): boolean {
        return true;
      }
    },
  },
  {
    mistake: 'counts expired entries',
    caughtBy: 'stats',
    caughtByModel: true,
    Store: class extends ReferenceStore {
      protected override doStats(): StoreStats {
        return { ...super.doStats(), keys: this.data.entries.size };
      }
    },
  },
  {
    mistake: 'keeps an entry a moment past its deadline',
    caughtBy: 'expiry',
    caughtByModel: true,
    Store: class extends ReferenceStore {
      protected override isLiving(entry: Entry): boolean {
        return !isExpired(entry.expiresAt, this.clock.now() - 1);
      }
    },
  },
  {
    mistake: 'takes a TTL of 0 for none',
    caughtBy: 'expiry',
    caughtByModel: true,
    Store: eachOperation((operation) => {
      if (operation.type !== 'set' || operation.ttlMs !== 0) return operation;
      const { ttlMs: _none, ...rest } = operation;
      return rest;
    }),
  },
  {
    mistake: 'keeps the TTL of an overwritten entry',
    caughtBy: 'expiry',
    caughtByModel: true,
    Store: writing((entry, before, now) =>
      before !== undefined && before.expiresAt > now && entry.expiresAt === Infinity
        ? { expiresAt: before.expiresAt }
        : {},
    ),
  },
  {
    mistake: 'loses the TTL in an increment',
    caughtBy: 'expiry',
    caughtByModel: true,
    Store: class extends ReferenceStore {
      protected override doCommit(transaction: Transaction): TransactionResult | Promise<TransactionResult> {
        const answer = super.doCommit(transaction);
        for (const { key } of transaction.operations.filter(({ type }) => type === 'increment')) {
          const entry = this.data.entries.get(key);
          if (entry !== undefined) this.data.entries.set(key, { ...entry, expiresAt: Infinity });
        }
        return answer;
      }
    },
  },
  {
    mistake: 'wraps a TTL at 32 bits',
    caughtBy: 'expiry',
    caughtByModel: true,
    Store: eachOperation((operation) =>
      operation.type === 'set' && operation.ttlMs !== undefined
        ? { ...operation, ttlMs: operation.ttlMs | 0 }
        : operation,
    ),
  },
  {
    mistake: 'keeps the created time of an entry that had expired',
    caughtBy: 'expiry',
    caughtByModel: true,
    Store: writing((_entry, before) => (before === undefined ? {} : { createdAt: before.createdAt })),
  },
  {
    mistake: 'renews the created time in an overwrite',
    caughtBy: 'reading and writing',
    caughtByModel: true,
    Store: writing((entry) => ({ createdAt: entry.updatedAt })),
  },
  {
    mistake: 'sweeps more than its limit',
    caughtBy: 'sweeping',
    caughtByModel: true,
    Store: class extends ReferenceStore {
      protected override doPurgeExpired(): number {
        return super.doPurgeExpired(Infinity);
      }
    },
  },
  {
    mistake: 'sweeps nothing',
    caughtBy: 'sweeping',
    caughtByModel: false,
    Store: class extends ReferenceStore {
      protected override doPurgeExpired(): number {
        return 0;
      }
    },
  },
  {
    mistake: 'takes a revision for a sweep',
    caughtBy: 'revisions',
    caughtByModel: true,
    Store: class extends ReferenceStore {
      protected override doPurgeExpired(limit: number): number {
        const freed = super.doPurgeExpired(limit);
        this.data.revision += freed;
        return freed;
      }
    },
  },
  {
    mistake: 'lists in the order of UTF-16 units',
    caughtBy: 'listing',
    caughtByModel: true,
    Store: class extends ReferenceStore {
      protected override compare(a: string, b: string): number {
        if (a === b) return 0;
        return a < b ? -1 : 1;
      }
    },
  },
  {
    mistake: 'says more follows whenever a page is full',
    caughtBy: 'listing',
    caughtByModel: true,
    Store: listing((query, list) => {
      const page = list(query);
      return { ...page, more: page.items.length === query.limit };
    }),
  },
  {
    mistake: 'ends a prefix at its last unit plus one',
    caughtBy: 'listing',
    caughtByModel: true,
    Store: listing((query, list) => {
      const { prefix, ...rest } = query as { prefix?: string } & ListQuery;
      if (prefix === undefined || prefix === '') return list(query);
      const end = prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
      return list({ ...rest, start: prefix, end });
    }),
  },
  {
    mistake: 'ignores after in a reverse listing',
    caughtBy: 'listing',
    caughtByModel: true,
    Store: listing((query, list) => {
      const { after: _ignored, ...rest } = query;
      return list(query.reverse === true ? rest : query);
    }),
  },
  {
    mistake: 'holds the end of a range',
    caughtBy: 'listing',
    caughtByModel: true,
    Store: listing((query, list) => {
      const { end, ...rest } = query as { end?: string } & ListQuery;
      return list(end === undefined ? query : { ...rest, end: `${end}\u0001` });
    }),
  },
  {
    mistake: 'loses atomicity',
    caughtBy: 'transactions',
    caughtByModel: true,
    Store: class extends ReferenceStore {
      protected override async doCommit(transaction: Transaction): Promise<TransactionResult> {
        const answer = await super.doCommit(transaction);
        if (!answer.committed && answer.failedChecks.length === 0)
          await super.doCommit({ ...transaction, atomic: false });
        return answer;
      }
    },
  },
  {
    mistake: 'stops a batch at its first failure',
    caughtBy: 'transactions',
    caughtByModel: true,
    Store: committing((transaction) => ({ ...transaction, atomic: true })),
  },
  {
    mistake: 'ignores checks',
    caughtBy: 'transactions',
    caughtByModel: true,
    Store: committing(({ atomic, operations }) => ({ atomic, operations })),
  },
  {
    mistake: 'takes a revision for a read',
    caughtBy: 'revisions',
    caughtByModel: true,
    Store: class extends ReferenceStore {
      protected override async doCommit(transaction: Transaction): Promise<TransactionResult> {
        const before = this.data.revision;
        const answer = await super.doCommit(transaction);
        if (this.data.revision === before) this.data.revision += 1;
        return answer;
      }
    },
  },
  {
    mistake: 'keeps values as parsed JSON',
    caughtBy: 'nasty data',
    caughtByModel: true,
    Store: writing((entry) => ({ value: trustJsonText(JSON.stringify(JSON.parse(entry.value))) })),
  },
  {
    mistake: 'normalises its keys',
    caughtBy: 'reading and writing',
    caughtByModel: false,
    Store: class extends ReferenceStore {
      protected override doGet(key: string): Entry | undefined | Promise<Entry | undefined> {
        return super.doGet(key.normalize('NFD')) ?? super.doGet(key.normalize('NFC'));
      }
    },
  },
  {
    mistake: 'looks for its keys in a plain object',
    caughtBy: 'nasty data',
    caughtByModel: true,
    Store: class extends ReferenceStore {
      protected override doGet(key: string): Entry | undefined {
        const table = Object.fromEntries(this.living().map((entry) => [entry.key, entry]));
        return table[key];
      }
    },
  },
  {
    mistake: 'counts sizes in UTF-16 units',
    caughtBy: 'stats',
    caughtByModel: true,
    Store: class extends ReferenceStore {
      protected override doStats(): StoreStats {
        return { ...super.doStats(), sizeBytes: this.living().reduce((sum, entry) => sum + entry.value.length, 0) };
      }
    },
  },
  {
    mistake: 'loses updates between a read and a write',
    caughtBy: 'concurrency',
    caughtByModel: true,
    Store: class extends ReferenceStore {
      protected override async doCommit(transaction: Transaction): Promise<TransactionResult> {
        const seen = new Map(this.data.entries);
        await pause();
        const now = new Map(this.data.entries);
        this.data.entries.clear();
        for (const [key, entry] of seen) this.data.entries.set(key, entry);
        const answer = await super.doCommit(transaction);
        const written = new Map([...this.data.entries].filter(([key, entry]) => seen.get(key) !== entry));
        for (const [key, entry] of [...now, ...written]) this.data.entries.set(key, entry);
        return answer;
      }
    },
  },
  {
    mistake: 'shows an atomic transaction half done',
    caughtBy: 'concurrency',
    caughtByModel: false,
    Store: class extends ReferenceStore {
      #queue: Promise<unknown> = Promise.resolve();

      protected override async doCommit(transaction: Transaction): Promise<TransactionResult> {
        const turn = this.#queue.then(async () => {
          const before = new Map(this.data.entries);
          const answer = await super.doCommit(transaction);
          const after = new Map(this.data.entries);
          this.#replace(before);
          for (const [key, entry] of after) {
            if (this.data.entries.get(key) !== entry) await pause();
            this.data.entries.set(key, entry);
          }
          this.#replace(after);
          return answer;
        });
        this.#queue = turn;
        return turn;
      }

      #replace(entries: ReadonlyMap<string, Entry>): void {
        this.data.entries.clear();
        for (const [key, entry] of entries) this.data.entries.set(key, entry);
      }
    },
  },
  {
    mistake: 'answers a write before a reader sees it',
    caughtBy: 'concurrency',
    caughtByModel: true,
    Store: class extends ReferenceStore {
      readonly #shown = new Map<string, Entry>();

      protected override doGet(key: string): Entry | undefined {
        const entry = this.#shown.get(key);
        setImmediate(() => {
          for (const living of this.living()) this.#shown.set(living.key, living);
        });
        return entry !== undefined && this.isLiving(entry) ? entry : undefined;
      }
    },
  },
  {
    mistake: 'finds its revision after a restart in the entries that are left',
    caughtBy: 'revisions',
    caughtByModel: true,
    restart: (data) => {
      data.revision = Math.max(0, ...[...data.entries.values()].map((entry) => entry.revision));
      return data;
    },
  },
  {
    mistake: 'counts TTLs from the restart on',
    caughtBy: 'durability',
    caughtByModel: true,
    restart: restarting((entry) => (entry.expiresAt === Infinity ? {} : { expiresAt: entry.expiresAt + 1 })),
  },
  {
    mistake: 'keeps deadlines in whole seconds',
    caughtBy: 'durability',
    caughtByModel: true,
    restart: restarting((entry) => ({ expiresAt: Math.floor(entry.expiresAt / 1000) * 1000 })),
  },
  {
    mistake: 'loses created times in a restart',
    caughtBy: 'durability',
    caughtByModel: true,
    restart: restarting((entry) => ({ createdAt: entry.updatedAt })),
  },
  {
    mistake: 'says it is durable and is not',
    caughtBy: 'durability',
    caughtByModel: true,
    restart: () => new ReferenceData(),
  },
  {
    mistake: 'says it is not durable and is',
    caughtBy: 'durability',
    caughtByModel: true,
    capabilities: { durable: false, shared: false },
    Store: class extends ReferenceStore {
      constructor(...[data, clock, capabilities]: ConstructorParameters<ReferenceStoreClass>) {
        super(data, clock, capabilities);
        const leftover = leftovers.get(clock);
        if (leftover !== undefined) for (const entry of leftover.entries.values()) data.entries.set(entry.key, entry);
        leftovers.set(clock, data);
      }
    },
  },
  {
    mistake: 'shares its data with a cache of its own',
    caughtBy: 'sharing',
    caughtByModel: false,
    capabilities: { durable: true, shared: true },
    Store: class extends ReferenceStore {
      readonly #cache = new Map<string, Entry>();

      protected override doGet(key: string): Entry | undefined {
        const entry = this.#cache.get(key) ?? this.data.entries.get(key);
        if (entry === undefined || !this.isLiving(entry)) return undefined;
        this.#cache.set(key, entry);
        return entry;
      }

      protected override apply(effect: Effect): void {
        if (effect.type === 'set') this.#cache.set(effect.entry.key, effect.entry);
        else this.#cache.delete(effect.key);
        super.apply(effect);
      }
    },
  },
  {
    mistake: 'takes keys of any length',
    caughtBy: 'validation',
    caughtByModel: false,
    Store: class extends ReferenceStore {
      override async get(key: string): Promise<Entry | undefined> {
        return await this.doGet(key);
      }
    },
  },
  {
    mistake: 'cuts a limit to the largest page without a word',
    caughtBy: 'validation',
    caughtByModel: false,
    Store: class extends ReferenceStore {
      override async listKeys(query: ListQuery): Promise<Page<string>> {
        return await super.listKeys({ ...query, limit: Math.min(query.limit, 10_000) });
      }
    },
  },
  {
    mistake: 'answers after its close',
    caughtBy: 'validation',
    caughtByModel: false,
    Store: class extends ReferenceStore {
      override async close(): Promise<void> {
        await this.doClose();
      }
    },
  },
  {
    mistake: 'shows later writes in a snapshot',
    caughtBy: 'snapshots',
    caughtByModel: true,
    Store: class extends ReferenceStore {
      protected override async doSnapshot(): Promise<SnapshotSource> {
        const source = await super.doSnapshot();
        let read = false;
        const next = (): Entry[] | undefined => {
          if (read) return undefined;
          read = true;
          return this.living().sort((a, b) => this.compare(a.key, b.key));
        };
        return { ...source, next };
      }
    },
  },
  {
    mistake: 'leaves what expires while it is read out of a snapshot',
    caughtBy: 'snapshots',
    caughtByModel: true,
    Store: class extends ReferenceStore {
      protected override async doSnapshot(): Promise<SnapshotSource> {
        const source = await super.doSnapshot();
        const next = async (): Promise<readonly Entry[] | undefined> =>
          (await source.next())?.filter((entry) => this.isLiving(entry));
        return { ...source, next };
      }
    },
  },
  {
    mistake: 'names a revision that is not that of the snapshot',
    caughtBy: 'snapshots',
    caughtByModel: true,
    Store: class extends ReferenceStore {
      protected override async doSnapshot(): Promise<SnapshotSource> {
        const { data } = this;
        const source = await super.doSnapshot();
        return Object.defineProperty({ ...source }, 'revision', { get: () => data.revision + 1 });
      }
    },
  },
  {
    mistake: 'keeps other keys in a replace',
    caughtBy: 'loading',
    caughtByModel: true,
    Store: class extends ReferenceStore {
      protected override async doLoad(...args: Parameters<ReferenceStore['doLoad']>): Promise<LoadResult> {
        const before = [...this.data.entries];
        const answer = await super.doLoad(...args);
        for (const [key, entry] of before) if (!this.data.entries.has(key)) this.data.entries.set(key, entry);
        return answer;
      }
    },
  },
  {
    mistake: 'takes the time of the load for that of the entries',
    caughtBy: 'loading',
    caughtByModel: true,
    Store: class extends ReferenceStore {
      protected override async doLoad(...args: Parameters<ReferenceStore['doLoad']>): Promise<LoadResult> {
        const before = new Set(this.data.entries.values());
        const answer = await super.doLoad(...args);
        for (const [key, entry] of this.data.entries) {
          if (!before.has(entry)) this.data.entries.set(key, { ...entry, updatedAt: this.clock.now() });
        }
        return answer;
      }
    },
  },
  {
    mistake: 'goes back in its revision after a load',
    caughtBy: 'loading',
    caughtByModel: true,
    Store: class extends ReferenceStore {
      protected override async doLoad(...args: Parameters<ReferenceStore['doLoad']>): Promise<LoadResult> {
        const answer = await super.doLoad(...args);
        this.data.revision = Math.max(0, ...this.living().map((entry) => entry.revision));
        return answer;
      }
    },
  },
  {
    mistake: 'lets a fill overwrite what is there',
    caughtBy: 'loading',
    caughtByModel: true,
    Store: class extends ReferenceStore {
      protected override doLoad(
        batches: AsyncIterable<readonly Entry[]>,
        { mode, ...options }: LoadOptions,
      ): Promise<LoadResult> {
        return super.doLoad(batches, { ...options, mode: mode === 'fill' ? 'replace' : mode });
      }
    },
  },
  {
    mistake: 'shows a replace as it comes, and keeps what came of one that fails',
    caughtBy: 'loading',
    caughtByModel: false,
    Store: class extends ReferenceStore {
      protected override async doLoad(
        batches: AsyncIterable<readonly Entry[]>,
        options: LoadOptions,
      ): Promise<LoadResult> {
        const { data } = this;
        async function* shown(): AsyncGenerator<readonly Entry[]> {
          for await (const batch of batches) {
            for (const entry of batch) data.entries.set(entry.key, entry);
            yield batch;
          }
        }
        return await super.doLoad(shown(), options);
      }
    },
  },
];
