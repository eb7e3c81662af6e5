import { describe, expect, it } from '@jest/globals';
import { NEVER, type Entry } from './entry.js';
import { trustJsonText } from './json/json-text.js';
import { TransactionGroup } from './transaction-group.js';
import type { Operation, Transaction } from './transaction.js';

const NOW = 1_700_000_000_000;

const one: Entry = {
  key: 'n',
  value: trustJsonText('1'),
  revision: 3,
  createdAt: 1,
  updatedAt: 2,
  expiresAt: NEVER,
};

function group(...entries: Entry[]): TransactionGroup {
  const stored = new Map(entries.map((entry) => [entry.key, entry]));
  return new TransactionGroup({ read: (key) => stored.get(key), now: NOW, revision: 7 });
}

function atomically(...operations: Operation[]): Transaction {
  return { atomic: true, operations };
}

const increment: Operation = { type: 'increment', key: 'n', by: 1n };
const remove: Operation = { type: 'delete', key: 'n' };

describe('a group of transactions', () => {
  it('shows each transaction what the ones before it left', () => {
    const under = group(one);
    expect(under.run(atomically(increment)).results).toEqual([{ status: 'incremented', value: 2n, revision: 8 }]);
    expect(under.run(atomically(increment)).results).toEqual([{ status: 'incremented', value: 3n, revision: 9 }]);
    expect(under.run(atomically(remove)).results).toEqual([{ status: 'deleted', revision: 10 }]);
    expect(under.run(atomically(increment)).committed).toBe(false);
    expect(under.revision).toBe(10);
  });

  it('holds one net change for each key, with the key’s first created time', () => {
    const under = group(one);
    under.run(atomically(increment, increment));
    expect([...under.changed]).toEqual([['n', { ...one, value: '3', revision: 9, updatedAt: NOW }]]);
    under.run(atomically(remove));
    expect([...under.changed]).toEqual([['n', undefined]]);
  });

  it('is as it was before after a transaction that did not commit', () => {
    const under = group(one);
    under.run(atomically(increment, { type: 'get', key: 'missing' }));
    expect(under.revision).toBe(7);
    expect(under.changed.size).toBe(0);
  });
});
