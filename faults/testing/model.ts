import {
  NEVER,
  type Entry,
  type KvStore,
  type Operation,
  type Transaction,
  type TransactionResult,
} from '@kvasir/kv-core';

/** What became of a transaction, as far as its sender knows. */
export type Outcome =
  | { readonly kind: 'acknowledged'; readonly result: TransactionResult }
  /** It was answered that nothing was changed. */
  | { readonly kind: 'refused' }
  /** No answer came, or one that says that nobody knows. */
  | { readonly kind: 'unknown' };

interface Change {
  readonly key: string;
  /** Undefined: deleted. */
  readonly entry: Entry | undefined;
  /** Whether the store may end behind this change: false inside an atomic transaction. */
  readonly boundary: boolean;
}

/**
 * What a store must hold: the same transactions carried out on a `Map`, with what was acknowledged and what nobody knows kept apart. A revision says how many changes there were, so a
 * store that comes back is compared with the changes up to its own revision.
 */
export class Model {
  /** One for each revision from 1 on. */
  private readonly changes: Change[] = [];
  /** Changes up to here were acknowledged. */
  private certain = 0;
  private current = new Map<string, Entry>();

  /** The last revision that must be there. */
  get acknowledged(): number {
    return this.certain;
  }

  /** The last revision that may be there. */
  get revision(): number {
    return this.changes.length;
  }

  /**
   * Takes the next transaction, in the order in which the store carries them out. `now` is the store's time at it, Unix milliseconds.
   *
   * @throws Error when the store's answer is not what the model says
   */
  take(transaction: Transaction, outcome: Outcome, now: number): void {
    if (outcome.kind === 'refused') return;
    this.carryOut(transaction, now);
    if (outcome.kind === 'unknown') return;
    const { revision } = outcome.result;
    if (revision !== this.changes.length) {
      throw new Error(`the store answered with revision ${revision}, the model has ${this.changes.length}`);
    }
    this.certain = this.changes.length;
  }

  /**
   * Compares a store that has come back. What it holds is what the model holds from then on.
   *
   * @param atLeast the last revision that must be there; default: the last acknowledged one
   * @throws Error that says what is lost, half done or come back
   */
  async mustMatch(store: KvStore, now: number, atLeast = this.certain): Promise<void> {
    const { revision } = await store.stats();
    if (revision < atLeast)
      throw new Error(`acknowledged writes are lost: the store is at revision ${revision}, ${atLeast} was promised`);
    if (revision > this.changes.length) {
      throw new Error(`the store is at revision ${revision}, but only ${this.changes.length} were ever written`);
    }
    if (revision > 0 && !this.changes[revision - 1]!.boundary) {
      throw new Error(`an atomic transaction is there in part: the store ends at revision ${revision}, in its midst`);
    }
    this.cutTo(revision);
    const expected = [...this.current.values()].filter(({ expiresAt }) => expiresAt > now);
    const found = await everyEntry(store);
    const text = (entries: readonly Entry[]): string => entries.map(entryText).sort().join('\n');
    if (text(found) !== text(expected)) {
      throw new Error(`at revision ${revision} the store holds\n${text(found)}\ninstead of\n${text(expected)}`);
    }
  }

  private cutTo(revision: number): void {
    this.changes.length = revision;
    this.certain = revision;
    this.current = new Map();
    for (const { key, entry } of this.changes) put(this.current, key, entry);
  }

  private carryOut({ atomic, operations }: Transaction, now: number): void {
    const changes: Change[] = [];
    for (const operation of operations) {
      const change = this.changeOf(operation, now, this.changes.length + changes.length + 1);
      if (change === undefined) continue;
      changes.push({ ...change, boundary: !atomic });
      put(this.current, change.key, change.entry);
    }
    const last = changes.pop();
    if (last !== undefined) this.changes.push(...changes, { ...last, boundary: true });
  }

  private changeOf(operation: Operation, now: number, revision: number): Omit<Change, 'boundary'> | undefined {
    const { key } = operation;
    const before = this.current.get(key);
    const live = before !== undefined && before.expiresAt > now ? before : undefined;
    if (operation.type === 'delete') return live === undefined ? undefined : { key, entry: undefined };
    if (operation.type !== 'set') throw new Error('the model knows set and delete');
    const { value, ttlMs } = operation;
    const expiresAt = ttlMs === undefined ? NEVER : now + ttlMs;
    return { key, entry: { key, value, revision, createdAt: live?.createdAt ?? now, updatedAt: now, expiresAt } };
  }
}

function put(entries: Map<string, Entry>, key: string, entry: Entry | undefined): void {
  if (entry === undefined) entries.delete(key);
  else entries.set(key, entry);
}

async function everyEntry(store: KvStore): Promise<Entry[]> {
  const { items, more } = await store.list({ limit: 1000 });
  if (more) throw new Error('the store holds more keys than were ever written');
  return [...items];
}

function entryText({ key, value, revision, createdAt, updatedAt, expiresAt }: Entry): string {
  const shown = value.length > 40 ? `${value.slice(0, 40)}… (${value.length})` : value;
  return `${JSON.stringify(key)} = ${shown} revision ${revision} created ${createdAt} updated ${updatedAt} expires ${expiresAt}`;
}
