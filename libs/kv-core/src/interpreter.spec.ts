import { describe, expect, it } from '@jest/globals';
import { NEVER, type Entry, type EntryState } from './entry.js';
import { interpret, type Interpretation } from './interpreter.js';
import { trustJsonText } from './json/json-text.js';
import { keysOf, type Operation, type Transaction } from './transaction.js';

const NOW = 1_900_000_000_123;
const REVISION = 40;

function entry(key: string, value: string, rest: Partial<Entry> = {}): Entry {
  return { key, value: trustJsonText(value), revision: 7, createdAt: 1000, updatedAt: 2000, expiresAt: NEVER, ...rest };
}

/** Interprets a transaction over these entries, at {@link NOW} and {@link REVISION}. */
function run(entries: readonly Entry[], transaction: Transaction): Interpretation {
  const held = new Map(entries.map((one) => [one.key, one]));
  const read = (key: string): Entry | undefined => held.get(key);
  const interpretation = interpret(transaction, { read, now: NOW, revision: REVISION });
  const readState = (key: string): EntryState | undefined => {
    const one = held.get(key);
    return one && { revision: one.revision, createdAt: one.createdAt, expiresAt: one.expiresAt };
  };
  // An engine that tells less than the whole entry, where less will do, gets the same.
  expect(interpret(transaction, { read, readState, now: NOW, revision: REVISION })).toEqual(interpretation);
  return interpretation;
}

function atomically(entries: readonly Entry[], ...operations: Operation[]): Interpretation {
  return run(entries, { atomic: true, operations });
}

function each(entries: readonly Entry[], ...operations: Operation[]): Interpretation {
  return run(entries, { atomic: false, operations });
}

const set = (key: string, value: string, rest: object = {}): Operation => ({
  type: 'set',
  key,
  value: trustJsonText(value),
  ...rest,
});

describe('interpret: set', () => {
  it('creates an entry at the time and with the revision of the transaction', () => {
    const created = entry('a', '1', { revision: 41, createdAt: NOW, updatedAt: NOW });
    expect(atomically([], set('a', '1'))).toEqual({
      committed: true,
      revision: 41,
      failedChecks: [],
      results: [{ status: 'set', revision: 41, created: true }],
      effects: [{ type: 'set', entry: created }],
    });
  });

  it('keeps the created time of an entry that it overwrites, and drops its expiry', () => {
    const { results, effects } = atomically([entry('a', '1', { expiresAt: NOW + 1 })], set('a', '2'));
    expect(results).toEqual([{ status: 'set', revision: 41, created: false }]);
    expect(effects).toEqual([{ type: 'set', entry: entry('a', '2', { revision: 41, updatedAt: NOW }) }]);
  });

  it('takes an entry at its deadline for missing', () => {
    const { results, effects } = atomically([entry('a', '1', { expiresAt: NOW })], set('a', '2'));
    expect(results).toEqual([{ status: 'set', revision: 41, created: true }]);
    expect(effects).toEqual([
      { type: 'set', entry: entry('a', '2', { revision: 41, createdAt: NOW, updatedAt: NOW }) },
    ]);
  });

  it('turns a TTL into a deadline', () => {
    const { effects } = atomically([], set('a', '1', { ttlMs: 1500 }));
    expect(effects).toMatchObject([{ entry: { expiresAt: NOW + 1500 } }]);
  });

  it.each([0, -1, -1e15])('with a TTL of %d deletes what is there, and does nothing where nothing is', (ttlMs) => {
    expect(atomically([entry('a', '1')], set('a', '2', { ttlMs }))).toMatchObject({
      revision: 41,
      results: [{ status: 'set', revision: 41, created: false }],
      effects: [{ type: 'delete', key: 'a', revision: 41, at: NOW }],
    });
    expect(atomically([], set('a', '2', { ttlMs }))).toMatchObject({
      revision: 40,
      results: [{ status: 'set', revision: 40, created: true }],
      effects: [],
    });
  });

  it('heeds onlyIf', () => {
    const held = [entry('a', '1')];
    expect(each(held, set('a', '2', { onlyIf: 'absent' })).results).toEqual([
      { status: 'failed', reason: 'KEY_EXISTS' },
    ]);
    expect(each(held, set('b', '2', { onlyIf: 'present' })).results).toEqual([
      { status: 'failed', reason: 'KEY_NOT_FOUND' },
    ]);
    expect(each(held, set('a', '2', { onlyIf: 'present' })).effects).toHaveLength(1);
    expect(each(held, set('b', '2', { onlyIf: 'absent' })).effects).toHaveLength(1);
  });
});

describe('interpret: get and delete', () => {
  it('give and remove the entry that is there', () => {
    const held = entry('a', '1');
    const { results, effects, revision } = atomically([held], { type: 'get', key: 'a' }, { type: 'delete', key: 'a' });
    expect(results).toEqual([
      { status: 'got', entry: held },
      { status: 'deleted', revision: 41 },
    ]);
    expect(effects).toEqual([{ type: 'delete', key: 'a', revision: 41, at: NOW }]);
    expect(revision).toBe(41);
  });

  it.each(['get', 'delete'] as const)('%s fails on a missing or expired key, unless missing is allowed', (type) => {
    const expired = [entry('old', '1', { expiresAt: NOW })];
    for (const key of ['old', 'none']) {
      expect(atomically(expired, { type, key })).toMatchObject({
        committed: false,
        results: [{ status: 'failed', reason: 'KEY_NOT_FOUND' }],
        effects: [],
      });
      expect(atomically(expired, { type, key, allowMissing: true })).toMatchObject({
        committed: true,
        revision: 40,
        results: [{ status: 'missing' }],
        effects: [],
      });
    }
  });
});

describe('interpret: increment', () => {
  it('writes the sum and keeps created time and expiry', () => {
    const { results, effects } = each([entry('n', '"5"', { expiresAt: NOW + 9 })], {
      type: 'increment',
      key: 'n',
      by: 3n,
    });
    expect(results).toEqual([{ status: 'incremented', value: 8n, revision: 41 }]);
    expect(effects).toEqual([
      { type: 'set', entry: entry('n', '"8"', { revision: 41, updatedAt: NOW, expiresAt: NOW + 9 }) },
    ]);
  });

  it('fails on what is missing, no integer or past 64 bits, without an effect', () => {
    const held = [entry('text', '"x"'), entry('big', '9223372036854775807')];
    const by = 1n;
    const { results, effects, committed } = each(
      held,
      { type: 'increment', key: 'none', by },
      { type: 'increment', key: 'text', by },
      { type: 'increment', key: 'big', by },
    );
    expect(results.map((result) => (result.status === 'failed' ? result.reason : result.status))).toEqual([
      'KEY_NOT_FOUND',
      'NOT_AN_INTEGER',
      'OUT_OF_RANGE',
    ]);
    expect({ effects, committed }).toEqual({ effects: [], committed: true });
  });
});

describe('interpret: several operations', () => {
  it('show each operation what the earlier ones did', () => {
    const { results, effects, revision } = atomically(
      [entry('a', '1')],
      { type: 'delete', key: 'a' },
      set('a', '5', { onlyIf: 'absent' }),
      { type: 'increment', key: 'a', by: 2n },
      { type: 'get', key: 'a' },
    );
    expect(results.map((result) => result.status)).toEqual(['deleted', 'set', 'incremented', 'got']);
    expect(results[3]).toEqual({
      status: 'got',
      entry: entry('a', '7', { revision: 43, createdAt: NOW, updatedAt: NOW }),
    });
    expect(effects.map((effect) => effect.type)).toEqual(['delete', 'set', 'set']);
    expect(revision).toBe(43);
  });

  it('that are atomic name every failure and have no effect', () => {
    expect(
      atomically(
        [entry('a', '"x"')],
        set('b', '1'),
        { type: 'increment', key: 'a', by: 1n },
        { type: 'get', key: 'b' },
        { type: 'get', key: 'c' },
      ),
    ).toEqual({
      committed: false,
      revision: 40,
      failedChecks: [],
      results: [
        { status: 'set', revision: 41, created: true },
        { status: 'failed', reason: 'NOT_AN_INTEGER' },
        { status: 'got', entry: entry('b', '1', { revision: 41, createdAt: NOW, updatedAt: NOW }) },
        { status: 'failed', reason: 'KEY_NOT_FOUND' },
      ],
      effects: [],
    });
  });

  it('that stand for themselves leave out the failed ones alone', () => {
    const { committed, effects, revision } = each([], set('a', '1'), { type: 'get', key: 'none' }, set('b', '1'));
    expect({ committed, revision }).toEqual({ committed: true, revision: 42 });
    expect(effects.map((effect) => (effect.type === 'set' ? effect.entry.key : effect.key))).toEqual(['a', 'b']);
  });

  it('may be none', () => {
    expect(atomically([])).toEqual({ committed: true, revision: 40, failedChecks: [], results: [], effects: [] });
  });

  it('leave the entries that they were given untouched', () => {
    const held = Object.freeze(entry('a', '1'));
    each([held], set('a', '2'), { type: 'increment', key: 'a', by: 1n }, { type: 'delete', key: 'a' });
    expect(held).toEqual(entry('a', '1'));
  });
});

describe('interpret: checks', () => {
  const held = [entry('a', '1'), entry('old', '1', { expiresAt: NOW })];

  it.each([true, false])('that fail stop the transaction before its first operation (atomic: %s)', (atomic) => {
    const checks = [
      { key: 'a', exists: true },
      { key: 'a', exists: false },
      { key: 'old', exists: true },
      { key: 'old', exists: false },
      { key: 'a', revision: 7 },
      { key: 'a', revision: 0 },
      { key: 'old', revision: 7 },
      { key: 'old', revision: 0 },
      { key: 'none', revision: 0 },
    ];
    expect(run(held, { atomic, checks, operations: [set('b', '1')] })).toEqual({
      committed: false,
      revision: 40,
      failedChecks: [1, 2, 5, 6],
      results: [],
      effects: [],
    });
  });

  it('look at the keys before the transaction, not after it', () => {
    const checks = [{ key: 'b', exists: false }];
    expect(run(held, { atomic: true, checks, operations: [set('b', '1')] })).toMatchObject({
      committed: true,
      revision: 41,
    });
  });
});

describe('keysOf', () => {
  it('names every key of checks and operations once, in order of appearance', () => {
    const checks = [
      { key: 'c', exists: true },
      { key: 'a', revision: 0 },
    ];
    const operations: Operation[] = [set('a', '1'), { type: 'get', key: 'b' }, { type: 'delete', key: 'c' }];
    expect(keysOf({ atomic: true, checks, operations })).toEqual(['c', 'a', 'b']);
    expect(keysOf({ atomic: true, operations: [] })).toEqual([]);
  });
});
