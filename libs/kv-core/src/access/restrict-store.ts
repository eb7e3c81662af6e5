import { validateListQuery } from '../abstract-store.js';
import type { Entry } from '../entry.js';
import { ForbiddenError } from '../errors.js';
import type { EntryBatches, LoadOptions, LoadResult } from '../load.js';
import type { StoreSnapshot } from '../snapshot.js';
import type { KvStore, ListQuery, Page, StoreCapabilities, StoreStats } from '../store.js';
import type { Operation, Transaction, TransactionResult } from '../transaction.js';
import { spansUnder, type Span } from './listing-spans.js';
import type { Rights, Verb } from './rights.js';

/** What an operation needs: an increment answers with what the key holds, so it reads too. */
const VERBS_OF: Readonly<Record<Operation['type'], readonly Verb[]>> = {
  get: ['read'],
  set: ['write'],
  delete: ['delete'],
  increment: ['read', 'write'],
};

/**
 * A store as somebody with these rights has it. This is the one place where rights are decided: every way into the service works on such a store.
 *
 * What is not allowed rejects with FORBIDDEN before the store is asked for anything, so the answer is the same whether a key is there or not. A transaction is refused as a whole.
 * Listings hold only what may be read; the keys between are never visited.
 *
 * A check needs `read`: it is answered with what a key holds. A set, also one with `onlyIf`, needs `write` alone, and a delete `delete` alone: whether a key is there is told to those who
 * may write over it or remove it.
 */
export function restrictStore(store: KvStore, rights: Rights): KvStore {
  return new RestrictedStore(store, rights);
}

class RestrictedStore implements KvStore {
  constructor(
    private readonly store: KvStore,
    private readonly rights: Rights,
  ) {}

  get capabilities(): StoreCapabilities {
    return this.store.capabilities;
  }

  // Not async, which would be a promise more for each read.
  get(key: string): Promise<Entry | undefined> {
    return this.rights.allow('read', key) ? this.store.get(key) : Promise.reject(forbidden('read', key));
  }

  list(query: ListQuery): Promise<Page<Entry>> {
    return this.pageOf(query, (part) => this.store.list(part));
  }

  listKeys(query: ListQuery): Promise<Page<string>> {
    return this.pageOf(query, (part) => this.store.listKeys(part));
  }

  async commit(transaction: Transaction): Promise<TransactionResult> {
    for (const { key } of transaction.checks ?? []) this.require('read', key);
    for (const { type, key } of transaction.operations) {
      for (const verb of VERBS_OF[type]) this.require(verb, key);
    }
    return this.store.commit(transaction);
  }

  async stats(): Promise<StoreStats> {
    this.requireVerb('monitor');
    return this.store.stats();
  }

  async purgeExpired(limit: number): Promise<number> {
    this.requireVerb('admin');
    return this.store.purgeExpired(limit);
  }

  async snapshot(): Promise<StoreSnapshot> {
    this.requireWholeStore();
    return this.store.snapshot();
  }

  async load(batches: EntryBatches, options: LoadOptions): Promise<LoadResult> {
    this.requireWholeStore();
    return this.store.load(batches, options);
  }

  async close(): Promise<void> {
    this.requireVerb('admin');
    return this.store.close();
  }

  private require(verb: Verb, key: string): void {
    if (!this.rights.allow(verb, key)) throw forbidden(verb, key);
  }

  private requireVerb(verb: 'monitor' | 'admin'): void {
    requireVerb(this.rights, verb);
  }

  /** A backup holds every key, and a restore may touch every key. */
  private requireWholeStore(): void {
    this.requireVerb('admin');
    if (!this.rights.coversAll) {
      throw new ForbiddenError('this API key has no right to every key, which a backup or a restore needs');
    }
  }

  /** Fills a page from the parts of the listing that may be read. Each part is as it was at one moment; only under several prefixes has a page several. */
  private async pageOf<Item>(query: ListQuery, read: (part: ListQuery) => Promise<Page<Item>>): Promise<Page<Item>> {
    validateListQuery(query);
    const { after, limit, reverse } = query;
    const partOf = (span: Span, size: number): ListQuery => ({ ...span, after, reverse, limit: size });
    let items: readonly Item[] = [];
    for (const span of this.rights.has('read') ? spansUnder(this.rights.prefixes, query) : []) {
      if (items.length === limit) {
        // oxlint-disable-next-line no-await-in-loop -- one part after the other, until something is found
        const next = await this.store.listKeys(partOf(span, 1));
        if (next.items.length > 0) return { items, more: true };
        continue;
      }
      // oxlint-disable-next-line no-await-in-loop -- how much of a part is read depends on those before it
      const page = await read(partOf(span, limit - items.length));
      items = items.length === 0 ? page.items : [...items, ...page.items];
      if (page.more) return { items, more: true };
    }
    return { items, more: false };
  }
}

function forbidden(verb: Verb, key: string): ForbiddenError {
  return new ForbiddenError(`this API key has no right to ${verb} the key '${key}'`);
}

/** @throws ForbiddenError when a verb that concerns no key was not granted */
export function requireVerb(rights: Rights, verb: 'monitor' | 'admin'): void {
  if (!rights.has(verb)) throw new ForbiddenError(`this API key has no right to '${verb}'`);
}
