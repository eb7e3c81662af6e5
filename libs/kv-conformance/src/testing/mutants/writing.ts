import {
  trustJsonText,
  type Entry,
  type ListQuery,
  type Page,
  type Transaction,
  type TransactionResult,
} from '@kvasir/kv-core';
import { ReferenceStore } from '../reference-store.js';
import { committing, writing } from './changes.js';
import type { Mutant } from './mutant.js';

const pause = async (): Promise<void> => {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
};

/** Engines that write wrongly: transactions, revisions, arguments, values. */
export const WRITING_MUTANTS: readonly Mutant[] = [
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
    mistake: 'finds its revision after a restart in the entries that are left',
    caughtBy: 'revisions',
    caughtByModel: true,
    restart: (data) => {
      data.revision = Math.max(0, ...[...data.entries.values()].map((entry) => entry.revision));
      return data;
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
    mistake: 'keeps values as parsed JSON',
    caughtBy: 'nasty data',
    caughtByModel: true,
    Store: writing((entry) => ({ value: trustJsonText(JSON.stringify(JSON.parse(entry.value))) })),
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
];
