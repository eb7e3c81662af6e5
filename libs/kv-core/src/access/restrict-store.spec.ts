import { describe, expect, it } from '@jest/globals';
import type { KvStore } from '../store.js';
import type { Check, Operation, Transaction } from '../transaction.js';
import { trustJsonText } from '../json/json-text.js';
import { restrictStore } from './restrict-store.js';
import { NO_RIGHTS, Rights, VERBS, type Verb } from './rights.js';

/** Records what it is asked for, and answers with nothing. */
function recordingStore(): { store: KvStore; calls: string[] } {
  const calls: string[] = [];
  const record = (name: string) => (): Promise<never> => {
    calls.push(name);
    return Promise.resolve({ items: [], more: false } as never);
  };
  const methods = ['get', 'list', 'listKeys', 'commit', 'stats', 'purgeExpired', 'snapshot', 'load', 'close'];
  const store = Object.fromEntries(methods.map((name) => [name, record(name)]));
  return { store: { ...store, capabilities: { durable: true, shared: false } } as unknown as KvStore, calls };
}

const value = trustJsonText('1');
const OPERATIONS: readonly [string, Operation, readonly Verb[]][] = [
  ['a get', { type: 'get', key: 'user:1' }, ['read']],
  ['a set', { type: 'set', key: 'user:1', value }, ['write']],
  ['a set that is gone at once', { type: 'set', key: 'user:1', value, ttlMs: 0 }, ['write']],
  ['a set of what is not there', { type: 'set', key: 'user:1', value, onlyIf: 'absent' }, ['write']],
  ['a set of what is there', { type: 'set', key: 'user:1', value, onlyIf: 'present' }, ['write']],
  ['a delete', { type: 'delete', key: 'user:1' }, ['delete']],
  ['an increment', { type: 'increment', key: 'user:1', by: 0n }, ['read', 'write']],
];
const CHECKS: readonly [string, Check][] = [
  ['that a key is there', { key: 'user:1', exists: true }],
  ['that a key is not there', { key: 'user:1', exists: false }],
  ['of a revision', { key: 'user:1', revision: 0 }],
];

const only = (operation: Operation): Transaction => ({ atomic: false, operations: [operation] });

/** How a call on a store with these rights ends, and whether the store behind was asked. */
async function outcome(rights: Rights, call: (store: KvStore) => Promise<unknown>): Promise<[string, boolean]> {
  const { store, calls } = recordingStore();
  try {
    await call(restrictStore(store, rights));
    return ['done', calls.length > 0];
  } catch (error) {
    return [(error as { code: string }).code, calls.length > 0];
  }
}

const DONE = ['done', true];
const REFUSED = ['FORBIDDEN', false];

describe('a store with rights', () => {
  it.each(OPERATIONS)('does %s with its verbs, and for its prefix, alone', async (_name, operation, needed) => {
    const commit = (store: KvStore) => store.commit(only(operation));
    expect(await outcome(new Rights(needed, ['user:']), commit)).toEqual(DONE);
    expect(await outcome(new Rights(VERBS, ['']), commit)).toEqual(DONE);
    expect(await outcome(new Rights(VERBS, ['user:2', 'User:', 'a']), commit)).toEqual(REFUSED);
    expect(await outcome(new Rights(VERBS, []), commit)).toEqual(REFUSED);
    expect(await outcome(NO_RIGHTS, commit)).toEqual(REFUSED);
    for (const verb of needed) {
      const others = VERBS.filter((other) => other !== verb);
      expect(await outcome(new Rights(others, ['']), commit)).toEqual(REFUSED);
    }
  });

  it.each(CHECKS)('checks %s for readers alone', async (_name, check) => {
    const commit = (store: KvStore) => store.commit({ atomic: true, checks: [check], operations: [] });
    expect(await outcome(new Rights(['read'], ['user:']), commit)).toEqual(DONE);
    const others = VERBS.filter((verb) => verb !== 'read');
    expect(await outcome(new Rights(others, ['']), commit)).toEqual(REFUSED);
    expect(await outcome(new Rights(VERBS, ['users']), commit)).toEqual(REFUSED);
  });

  it('refuses a transaction as a whole, wherever in it the forbidden key is', async () => {
    const rights = new Rights(VERBS, ['user:']);
    const allowed: Operation[] = Array.from({ length: 5 }, (_, i) => ({ type: 'set', key: `user:${i}`, value }));
    for (const atomic of [true, false]) {
      for (let at = 0; at <= allowed.length; at++) {
        const operations = allowed.toSpliced(at, 0, { type: 'get', key: 'other' });
        expect(await outcome(rights, (store) => store.commit({ atomic, operations }))).toEqual(REFUSED);
      }
      expect(await outcome(rights, (store) => store.commit({ atomic, operations: allowed }))).toEqual(DONE);
    }
  });

  it('names the verb and the key that are missing', async () => {
    const { store } = recordingStore();
    const restricted = restrictStore(store, new Rights(['read'], ['user:']));
    await expect(restricted.get('session:1')).rejects.toThrow("this API key has no right to read the key 'session:1'");
    await expect(restricted.commit(only({ type: 'delete', key: 'user:1' }))).rejects.toThrow(
      "this API key has no right to delete the key 'user:1'",
    );
    await expect(restricted.stats()).rejects.toThrow("this API key has no right to 'monitor'");
  });

  it('reads a key with the verb and the prefix alone', async () => {
    const get = (store: KvStore) => store.get('user:1');
    expect(await outcome(new Rights(['read'], ['user:1']), get)).toEqual(DONE);
    expect(await outcome(new Rights(['read'], ['user:10', 'user:2']), get)).toEqual(REFUSED);
    expect(await outcome(new Rights(['write', 'delete', 'monitor', 'admin'], ['']), get)).toEqual(REFUSED);
  });

  it('lists nothing for whoever may not read, and asks the store for nothing', async () => {
    for (const rights of [NO_RIGHTS, new Rights(['write', 'admin', 'monitor'], ['']), new Rights(['read'], [])]) {
      const { store, calls } = recordingStore();
      const restricted = restrictStore(store, rights);
      expect(await restricted.list({ limit: 10 })).toEqual({ items: [], more: false });
      expect(await restricted.listKeys({ prefix: 'user:', limit: 10 })).toEqual({ items: [], more: false });
      await expect(restricted.list({ limit: 0 })).rejects.toMatchObject({ code: 'QUERY_INVALID' });
      expect(calls).toEqual([]);
    }
  });

  it('counts for `monitor` alone', async () => {
    const stats = (store: KvStore) => store.stats();
    expect(await outcome(new Rights(['monitor'], []), stats)).toEqual(DONE);
    expect(await outcome(new Rights(['read', 'write', 'delete', 'admin'], ['']), stats)).toEqual(REFUSED);
  });

  it.each([
    ['sweeps', (store: KvStore) => store.purgeExpired(1), false],
    ['closes', (store: KvStore) => store.close(), false],
    ['takes a snapshot', (store: KvStore) => store.snapshot(), true],
    ['loads', (store: KvStore) => store.load([], { mode: 'merge' }), true],
  ])('%s for `admin` alone', async (_name, call, wholeStore) => {
    expect(await outcome(new Rights(['admin'], ['']), call)).toEqual(DONE);
    expect(await outcome(new Rights(['admin'], ['user:']), call)).toEqual(wholeStore ? REFUSED : DONE);
    expect(await outcome(new Rights(['read', 'write', 'delete', 'monitor'], ['']), call)).toEqual(REFUSED);
  });
});

describe('rights', () => {
  it('keep the prefixes that say something, in byte order', () => {
    const prefixesOf = (...prefixes: string[]) => new Rights(['read'], prefixes).prefixes;
    expect(prefixesOf('user:', 'a', 'user:1', 'a', 'b')).toEqual(['a', 'b', 'user:']);
    expect(prefixesOf('\u{10000}', '\uffff', '\ue000')).toEqual(['\ue000', '\uffff', '\u{10000}']);
    expect(prefixesOf('x', '', 'y')).toEqual(['']);
    expect(prefixesOf()).toEqual([]);
  });
});
