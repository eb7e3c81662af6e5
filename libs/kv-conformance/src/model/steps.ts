import {
  MAX_INTEGER,
  MAX_TTL_MS,
  MIN_INTEGER,
  trustJsonText,
  type JsonText,
  type ListQuery,
  type LoadMode,
  type Operation,
} from '@kvasir/kv-core';
import fc from 'fast-check';

/** One step of a random history. Plain data, so that fast-check can shrink and print it. */
export type Step =
  | { readonly type: 'commit'; readonly transaction: RandomTransaction }
  /** All of them started before the first is answered. */
  | { readonly type: 'commit at once'; readonly transactions: readonly RandomTransaction[] }
  | { readonly type: 'get'; readonly key: string }
  | { readonly type: 'list'; readonly query: ListQuery }
  | { readonly type: 'advance time'; readonly milliseconds: number }
  | { readonly type: 'sweep'; readonly limit: number }
  /** Read after some transactions, a pause and a sweep that come behind it. */
  | { readonly type: 'snapshot'; readonly meanwhile: readonly RandomTransaction[]; readonly milliseconds: number }
  | {
      readonly type: 'load';
      readonly mode: LoadMode;
      readonly entries: readonly RandomEntry[];
      readonly revision?: number;
    }
  | { readonly type: 'restart' };

/** An entry to load whose times count from the moment of the load. Milliseconds. */
export interface RandomEntry {
  readonly key: string;
  readonly value: JsonText;
  readonly revision: number;
  readonly createdAgo: number;
  readonly updatedAgo: number;
  /** Absent: never. */
  readonly expiresIn?: number;
}

/** A transaction whose checks may ask for the revision that a key has by then, which no generator can know. */
export interface RandomTransaction {
  readonly atomic: boolean;
  readonly checks: readonly RandomCheck[];
  readonly operations: readonly Operation[];
}

export type RandomCheck =
  { readonly key: string; readonly exists: boolean } | { readonly key: string; readonly revision: number | 'current' };

// Few, so that steps meet at the same keys; nasty, so that they meet at the borders of names and orders, too.
const KEYS = ['a', 'aa', 'a\uffff', 'a\u{1f600}', 'b', 'B', '__proto__', 'constructor', '\ue000', '\u{10000}'];

const BOUNDS = [...KEYS, '', 'a!', 'ab', '_', '\ud7ff', '\uffff', '\u{10ffff}'];

const VALUES = [
  '1',
  '-1',
  '"5"',
  '"007"',
  '-0',
  '"-0"',
  `${MAX_INTEGER}`,
  `"${MIN_INTEGER}"`,
  '10000000000000000000',
  '1.10',
  '1e400',
  'null',
  '""',
  '"\\ud800"',
  '"\\u0031"',
  '"\u20ac\u{1f600}"',
  '{"a":1,"__proto__":2,"a":3}',
  '{"op":"delete","key":"a","timestamp":1}',
].map(trustJsonText);

const INCREMENTS = [1n, -1n, 0n, 7n, -1000n, MAX_INTEGER, MIN_INTEGER];
const TTLS_MS = [0, -5, 1, 999, 1000, 1001, 60_000, MAX_TTL_MS];
const ADVANCES_MS = [0, 1, 998, 999, 1000, 60_000];

const key = fc.constantFrom(...KEYS);
const allowMissing = fc.boolean();

const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record(
      {
        type: fc.constant('set' as const),
        key,
        value: fc.constantFrom(...VALUES),
        ttlMs: fc.constantFrom(...TTLS_MS),
        onlyIf: fc.constantFrom('absent' as const, 'present' as const),
      },
      { requiredKeys: ['type', 'key', 'value'] },
    ),
  },
  {
    weight: 2,
    arbitrary: fc.record(
      { type: fc.constant('delete' as const), key, allowMissing },
      { requiredKeys: ['type', 'key'] },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('get' as const), key, allowMissing }, { requiredKeys: ['type', 'key'] }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('increment' as const), key, by: fc.constantFrom(...INCREMENTS) }),
  },
);

const check: fc.Arbitrary<RandomCheck> = fc.oneof(
  fc.record({ key, exists: fc.boolean() }),
  fc.record({ key, revision: fc.constant('current' as const) }),
  fc.record({ key, revision: fc.nat({ max: 12 }) }),
);

// Most checks fail at random, so most transactions have none.
const checks = fc.oneof(
  { weight: 3, arbitrary: fc.constant([]) },
  { weight: 1, arbitrary: fc.array(check, { maxLength: 2 }) },
);

const transaction: fc.Arbitrary<RandomTransaction> = fc.record({
  atomic: fc.boolean(),
  checks,
  operations: fc.oneof(
    { weight: 3, arbitrary: fc.array(operation, { minLength: 1, maxLength: 1 }) },
    { weight: 3, arbitrary: fc.array(operation, { maxLength: 5 }) },
  ),
});

const bound = fc.constantFrom(...BOUNDS);
const paging = { after: bound, reverse: fc.boolean(), limit: fc.integer({ min: 1, max: 4 }) };

const query: fc.Arbitrary<ListQuery> = fc.oneof(
  fc.record({ prefix: bound, ...paging }, { requiredKeys: ['limit'] }),
  fc.record({ start: bound, end: bound, ...paging }, { requiredKeys: ['limit'] }),
);

const entry: fc.Arbitrary<RandomEntry> = fc.record(
  {
    key,
    value: fc.constantFrom(...VALUES),
    revision: fc.integer({ min: 1, max: 30 }),
    createdAgo: fc.constantFrom(0, 1, 999, 100_000),
    updatedAgo: fc.constantFrom(0, 1, 1001),
    expiresIn: fc.constantFrom(-1000, -1, 0, 1, 999, 60_000, MAX_TTL_MS),
  },
  { requiredKeys: ['key', 'value', 'revision', 'createdAgo', 'updatedAgo'] },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ type: fc.constant('commit' as const), transaction }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('commit at once' as const),
      transactions: fc.array(transaction, { minLength: 2, maxLength: 6 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('get' as const), key }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('list' as const), query }) },
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('advance time' as const),
      milliseconds: fc.oneof(
        { weight: 30, arbitrary: fc.constantFrom(...ADVANCES_MS) },
        { weight: 1, arbitrary: fc.constant(MAX_TTL_MS) },
      ),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('sweep' as const), limit: fc.integer({ min: 1, max: 5 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('snapshot' as const),
      meanwhile: fc.array(transaction, { maxLength: 4 }),
      milliseconds: fc.constantFrom(...ADVANCES_MS),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record(
      {
        type: fc.constant('load' as const),
        mode: fc.constantFrom('replace' as const, 'fill' as const, 'merge' as const),
        entries: fc.uniqueArray(entry, { selector: ({ key: name }) => name, maxLength: 6 }),
        revision: fc.nat({ max: 40 }),
      },
      { requiredKeys: ['type', 'mode', 'entries'] },
    ),
  },
  { weight: 1, arbitrary: fc.constant({ type: 'restart' as const }) },
);

/** A random history of a store. */
export const history: fc.Arbitrary<Step[]> = fc.array(step, { maxLength: 30, size: 'max' });
