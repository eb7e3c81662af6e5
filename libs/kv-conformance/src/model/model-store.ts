import type {
  Check,
  Entry,
  ListQuery,
  LoadOptions,
  LoadResult,
  Operation,
  OperationResult,
  StoreStats,
  Transaction,
  TransactionResult,
} from '@kvasir/kv-core';
import { trustJsonText } from '@kvasir/kv-core';

/**
 * What a store means, in the plainest form there is: one map, copied before each transaction, searched from end to end for
 * each listing. It shares no code with the engines, kv-core's interpreter and its order of keys included, so that a mistake
 * there shows as a difference.
 */
export class ModelStore {
  now: number;
  revision = 0;
  /** Every entry that was written and not removed, expired ones included. */
  #entries = new Map<string, Entry>();

  /** `now`: what the clock shows, Unix milliseconds. */
  constructor(now: number) {
    this.now = now;
  }

  /** A second model in the same state, for trying something out. */
  copy(): ModelStore {
    const copy = new ModelStore(this.now);
    copy.revision = this.revision;
    copy.#entries = new Map(this.#entries);
    return copy;
  }

  /** What a restart leaves of a store that is not durable. */
  clear(): void {
    this.#entries = new Map();
    this.revision = 0;
  }

  get(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && this.now < entry.expiresAt ? entry : undefined;
  }

  list(query: ListQuery): { items: Entry[]; more: boolean } {
    const { prefix, start, end } = query as { prefix?: string; start?: string; end?: string };
    const { after, limit, reverse = false } = query;
    const found = this.#living()
      .filter((entry) => prefix === undefined || entry.key.startsWith(prefix))
      .filter((entry) => start === undefined || compareBytes(entry.key, start) >= 0)
      .filter((entry) => end === undefined || compareBytes(entry.key, end) < 0)
      .filter((entry) => after === undefined || compareBytes(entry.key, after) * (reverse ? -1 : 1) > 0)
      .sort((a, b) => compareBytes(a.key, b.key) * (reverse ? -1 : 1));
    return { items: found.slice(0, limit), more: found.length > limit };
  }

  stats(): StoreStats {
    const living = this.#living();
    return {
      keys: living.length,
      sizeBytes: living.reduce((sum, entry) => sum + Buffer.byteLength(entry.value), 0),
      revision: this.revision,
    };
  }

  /** Every entry that a reader sees, in byte order of the key. */
  entries(): Entry[] {
    return this.#living().sort((a, b) => compareBytes(a.key, b.key));
  }

  load(entries: readonly Entry[], { mode, revision: given = 0 }: LoadOptions): LoadResult | 'STORE_NOT_EMPTY' {
    if (mode === 'fill' && this.#living().length > 0) return 'STORE_NOT_EMPTY';
    const living = entries.filter((entry) => this.now < entry.expiresAt);
    if (mode === 'merge') {
      for (const entry of living) this.#entries.set(entry.key, { ...entry, revision: ++this.revision });
    } else {
      this.#entries = new Map(living.map((entry) => [entry.key, entry]));
      const loaded = Math.max(given, ...entries.map(({ revision }) => revision));
      this.revision = this.revision === 0 ? loaded : Math.max(this.revision + 1, loaded);
    }
    return { entries: living.length, expired: entries.length - living.length, revision: this.revision };
  }

  /** How many entries a sweep may find. Fewer when the engine has let some of them go already, as a restart may. */
  get expiredCount(): number {
    return this.#entries.size - this.#living().length;
  }

  /** Forgets what has expired: after a sweep that found less than it might free, nothing of it is left. */
  forgetExpired(): void {
    this.#entries = new Map(this.#living().map((entry) => [entry.key, entry]));
  }

  commit(transaction: Transaction): TransactionResult {
    const checks = transaction.checks ?? [];
    const failedChecks = checks.flatMap((check, index) => (this.#holds(check) ? [] : [index]));
    if (failedChecks.length > 0) return { committed: false, revision: this.revision, failedChecks, results: [] };

    const entriesBefore = new Map(this.#entries);
    const revisionBefore = this.revision;
    const results = transaction.operations.map((operation) => this.#perform(operation));
    const committed = !(transaction.atomic && results.some((result) => result.status === 'failed'));
    if (!committed) {
      this.#entries = entriesBefore;
      this.revision = revisionBefore;
    }
    return { committed, revision: this.revision, failedChecks, results };
  }

  #living(): Entry[] {
    return [...this.#entries.values()].filter((entry) => this.now < entry.expiresAt);
  }

  #holds(check: Check): boolean {
    const entry = this.get(check.key);
    if ('exists' in check) return check.exists ? entry !== undefined : entry === undefined;
    return check.revision === (entry === undefined ? 0 : entry.revision);
  }

  #perform(operation: Operation): OperationResult {
    const { key } = operation;
    const entry = this.get(key);
    switch (operation.type) {
      case 'get':
        if (entry !== undefined) return { status: 'got', entry };
        return operation.allowMissing === true ? { status: 'missing' } : { status: 'failed', reason: 'KEY_NOT_FOUND' };
      case 'delete':
        if (entry !== undefined) {
          this.#remove(key);
          return { status: 'deleted', revision: this.revision };
        }
        return operation.allowMissing === true ? { status: 'missing' } : { status: 'failed', reason: 'KEY_NOT_FOUND' };
      case 'set': {
        if (entry !== undefined && operation.onlyIf === 'absent') return { status: 'failed', reason: 'KEY_EXISTS' };
        if (entry === undefined && operation.onlyIf === 'present') return { status: 'failed', reason: 'KEY_NOT_FOUND' };
        const { ttlMs } = operation;
        if (ttlMs !== undefined && ttlMs <= 0) {
          if (entry !== undefined) this.#remove(key);
        } else {
          this.#write(key, operation.value, ttlMs === undefined ? Infinity : this.now + ttlMs);
        }
        return { status: 'set', revision: this.revision, created: entry === undefined };
      }
      case 'increment': {
        if (entry === undefined) return { status: 'failed', reason: 'KEY_NOT_FOUND' };
        const parsed = JSON.parse(entry.value) as unknown;
        const text = typeof parsed === 'string' ? parsed : entry.value;
        if (!/^-?\d+$/.test(text)) return { status: 'failed', reason: 'NOT_AN_INTEGER' };
        const sum = BigInt(text.replace('-', '')) * (text.startsWith('-') ? -1n : 1n) + operation.by;
        if (BigInt.asIntN(64, sum) !== sum) return { status: 'failed', reason: 'OUT_OF_RANGE' };
        this.#write(key, typeof parsed === 'string' ? `"${sum}"` : String(sum), entry.expiresAt);
        return { status: 'incremented', value: sum, revision: this.revision };
      }
    }
  }

  #write(key: string, value: string, expiresAt: number): void {
    this.revision += 1;
    this.#entries.set(key, {
      key,
      value: trustJsonText(value),
      revision: this.revision,
      createdAt: this.get(key)?.createdAt ?? this.now,
      updatedAt: this.now,
      expiresAt,
    });
  }

  #remove(key: string): void {
    this.revision += 1;
    this.#entries.delete(key);
  }
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'));
}
