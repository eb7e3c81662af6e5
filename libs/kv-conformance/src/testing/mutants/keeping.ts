import type { Clock, Effect, Entry, LoadOptions, LoadResult, SnapshotSource } from '@kvasir/kv-core';
import { ReferenceData, ReferenceStore, type ReferenceStoreClass, type Restart } from '../reference-store.js';
import type { Mutant } from './mutant.js';

/** A restart that keeps what `change` makes of each entry. */
function restarting(change: (entry: Entry) => Partial<Entry>): Restart {
  return (data) => {
    const next = new ReferenceData();
    next.revision = data.revision;
    for (const entry of data.entries.values()) next.entries.set(entry.key, { ...entry, ...change(entry) });
    return next;
  };
}

/** What the store before left behind, by the clock of their harness. */
const leftovers = new WeakMap<Clock, ReferenceData>();

/** Engines that keep wrongly: over a restart, between processes, in snapshots and loads. */
export const KEEPING_MUTANTS: readonly Mutant[] = [
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
