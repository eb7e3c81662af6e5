import { expect } from '@jest/globals';
import { MAX_INTEGER, MIN_INTEGER, type KvStore } from '@kvasir/kv-core';
import type { Concern, ConformanceCase } from '../conformance-case.js';
import { commitEach, contentOf, entryOf, increment, put, valueOf } from '../support.js';

/** [value before, added, value after, the sum when the value's own text does not show it] */
type Sum = readonly [value: string, by: bigint, after: string];

const SUMS: readonly Sum[] = [
  ['5', 3n, '8'],
  ['"5"', 3n, '"8"'],
  ['0', 0n, '0'],
  ['-5', 3n, '-2'],
  ['"-5"', 10n, '"5"'],
  ['5', -8n, '-3'],
  ['"007"', 1n, '"8"'],
  ['"-007"', 0n, '"-7"'],
  ['"00"', 0n, '"0"'],
  ['-0', 0n, '0'],
  ['"-0"', 0n, '"0"'],
  ['"-000"', -1n, '"-1"'],
  ['"\\u0035"', 1n, '"6"'],
  ['9007199254740993', 2n, '9007199254740995'],
  ['9223372036854775806', 1n, '9223372036854775807'],
  ['-9223372036854775807', -1n, '-9223372036854775808'],
  ['"9223372036854775807"', MIN_INTEGER, '"-1"'],
  ['-9223372036854775808', MAX_INTEGER, '-1'],
  ['0', MIN_INTEGER, '-9223372036854775808'],
  ['9223372036854775808', -1n, '9223372036854775807'],
  ['18446744073709551615', MIN_INTEGER, '9223372036854775807'],
  [`"${'0'.repeat(5000)}41"`, 1n, '"42"'],
];

const REFUSED: readonly (readonly [reason: string, value: string, by: bigint])[] = [
  ['OUT_OF_RANGE', '9223372036854775807', 1n],
  ['OUT_OF_RANGE', '"9223372036854775807"', 1n],
  ['OUT_OF_RANGE', '-9223372036854775808', -1n],
  ['OUT_OF_RANGE', '1', MAX_INTEGER],
  ['OUT_OF_RANGE', '9223372036854775808', 0n],
  ['OUT_OF_RANGE', '12345678901234567890', 1n],
  ['OUT_OF_RANGE', '100000000000000000000', MIN_INTEGER],
  ['OUT_OF_RANGE', '9'.repeat(100_000), 1n],
  ['OUT_OF_RANGE', `"-${'9'.repeat(100_000)}"`, 1n],
  ...[
    '1.0',
    '1e3',
    '1E0',
    '0.5',
    '"1.0"',
    '"1e3"',
    '"+1"',
    '" 1"',
    '"1 "',
    '"1\\n"',
    '""',
    '"-"',
    '"--1"',
    '"1_000"',
    '"0x10"',
    '"\u0661"',
    '"\\ud800"',
    '"abc"',
    'true',
    'false',
    'null',
    '[]',
    '[1]',
    '{}',
    '{"a":1}',
    `"${'0'.repeat(50_000)}x"`,
  ].map((value) => ['NOT_AN_INTEGER', value, 1n] as const),
];

function shorten(value: string): string {
  return value.length <= 40 ? value : `${value.slice(0, 10)}… (${value.length} characters)`;
}

function sumCase([value, by, after]: Sum): ConformanceCase {
  return {
    title: `${shorten(value)} plus ${by} is ${after}`,
    run: async (store: KvStore) => {
      await put(store, 'n', value);
      const { results, revision } = await commitEach(store, increment('n', by));
      expect(results).toEqual([{ status: 'incremented', value: BigInt(after.replaceAll('"', '')), revision }]);
      expect(await valueOf(store, 'n')).toBe(after);
    },
  };
}

function refusalCase([reason, value, by]: (typeof REFUSED)[number]): ConformanceCase {
  return {
    title: `${shorten(value)} plus ${by} is refused as ${reason} and changes nothing`,
    run: async (store: KvStore) => {
      await put(store, 'n', value, 1000);
      const before = await contentOf(store);
      expect((await commitEach(store, increment('n', by))).results).toEqual([{ status: 'failed', reason }]);
      expect(await contentOf(store)).toEqual(before);
    },
  };
}

/** Adding to integers. */
export const increments: Concern = {
  name: 'increments',
  cases: [
    ...SUMS.map(sumCase),
    ...REFUSED.map(refusalCase),
    {
      title: 'a missing key cannot be incremented, and is not created',
      run: async (store) => {
        expect((await commitEach(store, increment('n', 1))).results).toEqual([
          { status: 'failed', reason: 'KEY_NOT_FOUND' },
        ]);
        expect(await store.stats()).toMatchObject({ keys: 0, revision: 0 });
      },
    },
    {
      title: 'an increment by 0 is a write like any other',
      run: async (store, harness) => {
        const first = await put(store, 'n', '7');
        await harness.advanceTime(5);
        await commitEach(store, increment('n', 0));
        expect(await entryOf(store, 'n')).toMatchObject({
          value: '7',
          revision: first + 1,
          createdAt: harness.now() - 5,
          updatedAt: harness.now(),
        });
      },
    },
  ],
};
