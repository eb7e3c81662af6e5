import { describe, expect, it } from '@jest/globals';
import { AbstractKvStore } from './abstract-store.js';
import { NEVER, type Entry } from './entry.js';
import { MAX_INTEGER, MIN_INTEGER } from './integer-value.js';
import { trustJsonText } from './json/json-text.js';
import { MAX_PAGE_LIMIT, MAX_TTL_MS } from './limits.js';
import type { LoadMode, LoadOptions, LoadResult } from './load.js';
import type { SnapshotSource } from './snapshot.js';
import type { ListQuery, Page, StoreStats } from './store.js';
import type { Operation, Transaction, TransactionResult } from './transaction.js';

/** Notes which hooks are called, and with what. */
class RecordingStore extends AbstractKvStore {
  readonly capabilities = { durable: false, shared: false };
  readonly calls: unknown[][] = [];
  finishClosing: () => void = () => undefined;
  /** What a snapshot gives. */
  batches: Entry[][] = [];

  protected doGet(key: string): Entry | undefined {
    this.calls.push(['get', key]);
    return undefined;
  }

  protected doList(query: ListQuery): Page<Entry> {
    this.calls.push(['list', query]);
    return { items: [], more: false };
  }

  protected doListKeys(query: ListQuery): Page<string> {
    this.calls.push(['listKeys', query]);
    return { items: [], more: false };
  }

  protected doCommit(transaction: Transaction): TransactionResult {
    this.calls.push(['commit', transaction]);
    return { committed: true, revision: 0, failedChecks: [], results: [] };
  }

  protected doStats(): StoreStats {
    this.calls.push(['stats']);
    return { keys: 0, sizeBytes: 0, revision: 0 };
  }

  protected doPurgeExpired(limit: number): number {
    this.calls.push(['purgeExpired', limit]);
    return 0;
  }

  protected doSnapshot(): SnapshotSource {
    this.calls.push(['snapshot']);
    let batches = 0;
    return {
      revision: 7,
      time: 1000,
      keys: 2,
      next: () => (batches++ < this.batches.length ? this.batches[batches - 1] : undefined),
      close: () => void this.calls.push(['close snapshot']),
    };
  }

  protected async doLoad(batches: AsyncIterable<readonly Entry[]>, options: LoadOptions): Promise<LoadResult> {
    this.calls.push(['load', options.mode]);
    let entries = 0;
    for await (const batch of batches) entries += batch.length;
    return { entries, expired: 0, revision: 0 };
  }

  protected async doClose(): Promise<void> {
    this.calls.push(['close']);
    await new Promise<void>((resolve) => {
      this.finishClosing = resolve;
    });
  }
}

const set = (key: string, ttlMs?: number): Operation => ({
  type: 'set',
  key,
  value: trustJsonText('1'),
  ...(ttlMs === undefined ? {} : { ttlMs }),
});
const of = (...operations: Operation[]): Transaction => ({ atomic: true, operations });

/** Expects that a call is refused with this code and message, and that no hook was called. */
async function expectRefusal(
  call: (store: RecordingStore) => Promise<unknown>,
  code: string,
  message: string,
): Promise<void> {
  const store = new RecordingStore();
  await expect(call(store)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  expect(store.calls).toEqual([]);
}

describe('AbstractKvStore', () => {
  it('hands good calls to the hooks as they are', async () => {
    const store = new RecordingStore();
    const query: ListQuery = { start: 'a', end: 'b', after: 'aa', limit: MAX_PAGE_LIMIT, reverse: true };
    const transaction: Transaction = {
      atomic: false,
      checks: [
        { key: 'a', exists: true },
        { key: 'a', revision: 0 },
      ],
      operations: [
        set('a'),
        set('a', 0),
        set('a', -5),
        set('a', MAX_TTL_MS),
        { type: 'get', key: 'a' },
        { type: 'delete', key: 'a' },
        { type: 'increment', key: 'a', by: MAX_INTEGER },
        { type: 'increment', key: 'a', by: MIN_INTEGER },
      ],
    };
    await store.get('a');
    await store.list(query);
    await store.listKeys({ prefix: '', limit: 1 });
    await store.commit(transaction);
    await store.stats();
    await store.purgeExpired(1);
    expect(store.calls).toEqual([
      ['get', 'a'],
      ['list', query],
      ['listKeys', { prefix: '', limit: 1 }],
      ['commit', transaction],
      ['stats'],
      ['purgeExpired', 1],
    ]);
  });

  it('refuses a bad key in get, in every operation and in every check', async () => {
    const key = '\0';
    await expectRefusal((store) => store.get(key), 'KEY_INVALID', 'NUL');
    const operations: Operation[] = [
      set(key),
      { type: 'get', key },
      { type: 'delete', key },
      { type: 'increment', key, by: 1n },
    ];
    for (const operation of operations) {
      await expectRefusal((store) => store.commit(of(set('a'), operation)), 'KEY_INVALID', 'NUL');
    }
    for (const check of [
      { key, exists: true },
      { key, revision: 0 },
    ]) {
      await expectRefusal((store) => store.commit({ ...of(), checks: [check] }), 'KEY_INVALID', 'NUL');
    }
  });

  it.each([0, -1, 1.5, NaN, Infinity, MAX_PAGE_LIMIT + 1])('refuses a listing with the limit %d', async (limit) => {
    const message = `the limit of a listing is ${limit}; it is a whole number from 1 to 10000`;
    await expectRefusal((store) => store.list({ limit }), 'QUERY_INVALID', message);
    await expectRefusal((store) => store.listKeys({ limit }), 'QUERY_INVALID', message);
  });

  it('refuses a listing by prefix and range', async () => {
    for (const bounds of [{ start: 'a' }, { end: 'a' }, { start: 'a', end: 'b' }]) {
      const query: ListQuery = { prefix: '', ...bounds, limit: 1 };
      await expectRefusal((store) => store.list(query), 'QUERY_INVALID', 'a prefix or a range, not both');
      await expectRefusal((store) => store.listKeys(query), 'QUERY_INVALID', 'a prefix or a range, not both');
    }
  });

  it.each([0, -1, 1.5, NaN, Infinity])('refuses a sweep with the limit %d', async (limit) => {
    await expectRefusal((store) => store.purgeExpired(limit), 'QUERY_INVALID', `the limit of a sweep is ${limit};`);
  });

  it.each([1.5, NaN, Infinity, -Infinity, MAX_TTL_MS + 1])('refuses a TTL of %d', async (ttlMs) => {
    await expectRefusal((store) => store.commit(of(set('a', ttlMs))), 'TRANSACTION_INVALID', `the TTL is ${ttlMs} ms;`);
  });

  it.each([MAX_INTEGER + 1n, MIN_INTEGER - 1n])('refuses an increment by %d', async (by) => {
    const transaction = of({ type: 'increment', key: 'a', by });
    await expectRefusal(
      (store) => store.commit(transaction),
      'TRANSACTION_INVALID',
      `the increment ${by} does not fit`,
    );
  });

  it.each([-1, 1.5, NaN])("refuses a check of the revision %d, whatever the check's key", async (revision) => {
    const transaction: Transaction = { ...of(), checks: [{ key: 'a', revision }] };
    await expectRefusal(
      (store) => store.commit(transaction),
      'TRANSACTION_INVALID',
      `a check's revision is ${revision};`,
    );
  });

  it('refuses every call from the call of close on, and closes once', async () => {
    const store = new RecordingStore();
    const first = store.close();
    const second = store.close();
    for (const call of [
      store.get('a'),
      store.list({ limit: 1 }),
      store.listKeys({ limit: 1 }),
      store.commit(of()),
      store.stats(),
      store.purgeExpired(1),
    ]) {
      await expect(call).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    }
    store.finishClosing();
    await Promise.all([first, second, store.close()]);
    expect(store.calls).toEqual([['close']]);
  });

  it('lets a second close wait for the first', async () => {
    const store = new RecordingStore();
    const order: string[] = [];
    const first = store.close().then(() => order.push('first'));
    const second = store.close().then(() => order.push('second'));
    expect(order).toEqual([]);
    store.finishClosing();
    await Promise.all([first, second]);
    expect(order).toEqual(['first', 'second']);
  });
});

describe('a snapshot of an AbstractKvStore', () => {
  const entry = (key: string): Entry => ({
    key,
    value: trustJsonText('1'),
    revision: 1,
    createdAt: 1,
    updatedAt: 1,
    expiresAt: NEVER,
  });

  it('gives the batches of its source, without empty ones, and closes it at the end', async () => {
    const store = new RecordingStore();
    store.batches = [[entry('a')], [], [entry('b'), entry('c')]];
    const snapshot = await store.snapshot();
    expect({ ...snapshot }).toMatchObject({ revision: 7, time: 1000, keys: 2 });
    const batches: string[][] = [];
    for await (const batch of snapshot) batches.push(batch.map(({ key }) => key));
    expect(batches).toEqual([['a'], ['b', 'c']]);
    expect(store.calls).toEqual([['snapshot'], ['close snapshot']]);
    await snapshot.close();
    expect(store.calls).toHaveLength(2);
  });

  it('is closed when its reader stops early, and is read once', async () => {
    const store = new RecordingStore();
    store.batches = [[entry('a')], [entry('b')]];
    const snapshot = await store.snapshot();
    for await (const _ of snapshot) break;
    expect(store.calls).toEqual([['snapshot'], ['close snapshot']]);
    expect(() => snapshot[Symbol.asyncIterator]()).toThrow('read once');
  });

  it('ends with STORE_CLOSED when the store closes, which waits for it', async () => {
    const store = new RecordingStore();
    store.batches = [[entry('a')], [entry('b')]];
    const batches = (await store.snapshot())[Symbol.asyncIterator]();
    const unread = await store.snapshot();
    await batches.next();
    void store.close();
    await expect(batches.next()).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    await expect(unread[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    await new Promise(setImmediate);
    expect(store.calls.slice(2)).toEqual([['close snapshot'], ['close snapshot'], ['close']]);
    store.finishClosing();
  });
});

describe('a load into an AbstractKvStore', () => {
  const good: Entry = {
    key: 'b',
    value: trustJsonText('1'),
    revision: 1,
    createdAt: 1,
    updatedAt: 2,
    expiresAt: NEVER,
  };

  it.each([
    ['a key that is none', { key: '' }, /the key is empty/],
    ['a key that is there twice', { key: 'a' }, /"a" comes behind "a"/],
    ['keys out of order', { key: 'A' }, /"A" comes behind "a"/],
    ['a value that is no JSON text', { value: trustJsonText('') }, /"b" has a value that is no JSON text/],
    ['a value with a newline', { value: trustJsonText('[\n]') }, /no JSON text/],
    ['a value with a lone surrogate', { value: trustJsonText('"\ud800"') }, /no JSON text/],
    ['the revision 0', { revision: 0 }, /has the revision 0/],
    ['a revision past 2^53', { revision: 2 ** 53 }, /has the revision/],
    ['a time before 1970', { createdAt: -1 }, /has the time -1/],
    ['a time that is not whole', { updatedAt: 1.5 }, /has the time 1.5/],
    ['an expiry before the write', { expiresAt: 2 }, /expires at 2, but was written at 2/],
    ['an expiry that is no time', { expiresAt: NaN }, /expires at NaN/],
  ])('refuses %s', async (_what, change, message) => {
    const store = new RecordingStore();
    const load = store.load(
      [
        [
          { ...good, key: 'a' },
          { ...good, ...change },
        ],
      ],
      { mode: 'merge' },
    );
    await expect(load).rejects.toThrow(message);
    await expect(load).rejects.toMatchObject({ kind: 'request' });
  });

  it('refuses a mode and a revision that are none before anything else', async () => {
    const store = new RecordingStore();
    await expect(store.load([], { mode: 'overwrite' as LoadMode })).rejects.toMatchObject({ code: 'LOAD_INVALID' });
    await expect(store.load([], { mode: 'fill', revision: -1 })).rejects.toMatchObject({ code: 'LOAD_INVALID' });
    expect(store.calls).toEqual([]);
  });

  it('is the only one at a time', async () => {
    const store = new RecordingStore();
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    async function* slow(): AsyncGenerator<Entry[]> {
      await gate;
      yield [good];
    }
    const first = store.load(slow(), { mode: 'replace' });
    await expect(store.load([], { mode: 'replace' })).rejects.toThrow('another load is under way');
    open();
    expect((await first).entries).toBe(1);
    expect((await store.load([[good]], { mode: 'replace' })).entries).toBe(1);
  });

  it('ends with STORE_CLOSED when the store closes, whatever it waits for, and lets go of its source', async () => {
    const store = new RecordingStore();
    let returned = false;
    const never = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<IteratorResult<Entry[]>>(() => undefined),
        return: async () => {
          returned = true;
          return { done: true as const, value: undefined };
        },
      }),
    };
    const load = store.load(never, { mode: 'replace' });
    void store.close();
    await expect(load).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    expect(returned).toBe(true);
    await new Promise(setImmediate);
    expect(store.calls.at(-1)).toEqual(['close']);
    store.finishClosing();
  });
});
