import { inspect } from 'node:util';
import { afterEach } from '@jest/globals';
import { trustJsonText, type KvError, type KvStore, type SetOperation, type TransactionResult } from '@kvasir/kv-core';
import { openPostgresStore } from '../open-postgres-store.js';
import type { PostgresStoreOptions } from '../options.js';

/** The stores of one test, and all that they logged. */
export interface OpenedStores {
  open(options: PostgresStoreOptions): Promise<KvStore>;
  readonly lines: string[];
}

/** Stores that are closed after each test, whatever became of them. */
export function useStores(): OpenedStores {
  const stores: KvStore[] = [];
  const lines: string[] = [];
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
    lines.length = 0;
  });
  return {
    lines,
    open: async (options) => {
      const log = (level: string, message: string): void => void lines.push(`${level}: ${message}`);
      const store = await openPostgresStore({ log, ...options });
      stores.push(store);
      return store;
    },
  };
}

/** `value` is JSON text. */
export function set(key: string, value: string): SetOperation {
  return { type: 'set', key, value: trustJsonText(value) };
}

/** Writes one key. */
export function put(store: KvStore, key: string, value = '1'): Promise<TransactionResult> {
  return store.commit({ atomic: true, operations: [set(key, value)] });
}

/** The message of the store's error that a call ended with; `done` when it ended well. */
export function outcomeOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'done',
    (error: unknown) => (error as KvError).message,
  );
}

/** The code of the store's error that a call ended with; nothing when it ended well. */
export function codeOf(call: Promise<unknown>): Promise<string | undefined> {
  return call.then(
    () => undefined,
    (error: unknown) => (error as KvError).code,
  );
}

/** Asks again until the answer fits; the test's own time limit ends it otherwise. */
export async function until<Answer>(ask: () => Promise<Answer>, fits: (answer: Answer) => boolean): Promise<Answer> {
  for (;;) {
    const answer = await ask();
    if (fits(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Everything that a logger or a debugger could print of a value. */
export function everythingOf(value: unknown): string {
  return inspect(value, { depth: 20, showHidden: true, maxStringLength: null, maxArrayLength: null });
}
