import { keysOf, type Transaction } from '@kvasir/kv-core';

/** What a flush has to read for its transactions. */
export interface FlushKeys {
  /** Every key that any of them names, each once, in byte order of the database's own sorting. */
  readonly all: string[];
  /** Those whose value an operation looks into. */
  readonly withValue: string[];
}

/** Collects the keys of several transactions. */
export function flushKeysOf(transactions: readonly Transaction[]): FlushKeys {
  const all = new Set<string>();
  const withValue = new Set<string>();
  for (const transaction of transactions) {
    for (const key of keysOf(transaction)) all.add(key);
    for (const { type, key } of transaction.operations) {
      if (type === 'get' || type === 'increment') withValue.add(key);
    }
  }
  return { all: [...all], withValue: [...withValue] };
}

/** Whether a transaction only looks: it then needs no lock, just one moment. */
export function isReadOnly(transaction: Transaction): boolean {
  return transaction.operations.every((operation) => operation.type === 'get');
}
