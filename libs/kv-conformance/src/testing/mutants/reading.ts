import {
  isExpired,
  type Entry,
  type ListQuery,
  type Operation,
  type Page,
  type StoreStats,
  type Transaction,
  type TransactionResult,
} from '@kvasir/kv-core';
import { ReferenceStore, type ReferenceStoreClass } from '../reference-store.js';
import { committing, writing } from './changes.js';
import type { Mutant } from './mutant.js';

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

/** Engines that read wrongly: what has expired, listings, figures. */
export const READING_MUTANTS: readonly Mutant[] = [
  {
    mistake: 'renews the created time in an overwrite',
    caughtBy: 'reading and writing',
    caughtByModel: true,
    Store: writing((entry) => ({ createdAt: entry.updatedAt })),
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
    mistake: 'counts sizes in UTF-16 units',
    caughtBy: 'stats',
    caughtByModel: true,
    Store: class extends ReferenceStore {
      protected override doStats(): StoreStats {
        return { ...super.doStats(), sizeBytes: this.living().reduce((sum, entry) => sum + entry.value.length, 0) };
      }
    },
  },
];
