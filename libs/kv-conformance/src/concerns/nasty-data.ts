import { expect } from '@jest/globals';
import { trustJsonText, type KvStore } from '@kvasir/kv-core';
import type { Concern } from '../conformance-case.js';
import { commitAtomically, contentOf, drop, increment, keysOf, put, read, set, valueOf } from '../support.js';

const KEYS = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'valueOf',
  'prototype',
  'length',
  '0',
  '-1',
  'null',
  'undefined',
  '.',
  '..',
  '/',
  '%2F',
  '%00',
  '\\',
  '\\0',
  '"',
  "'",
  "'; DROP TABLE entries; --",
  '$1',
  '\n',
  '\r\n',
  '\t',
  '\u0001',
  '\u007f',
  '\u2028',
  '\ufeff',
  '\uffff',
  '{"op":"delete","key":"a","timestamp":1}',
  '\n{"op":"delete","key":"a","timestamp":1}\n',
  '","value":1,"op":"set","key":"x',
];

const VALUES = [
  '12345678901234567890',
  '9007199254740993',
  '1.10',
  '1.0',
  '-0',
  '0.1e-7',
  '1E+2',
  '1e400',
  '-1e400',
  '0.30000000000000004',
  '""',
  'null',
  'true',
  '[]',
  '{}',
  '"\\ud800"',
  '"\\udc00\\ud800"',
  '"\\ud83d\\ude00"',
  '"\u{1f600}"',
  '"\\u0000"',
  '{"\\u0000":"\\u0000"}',
  '"\\u001f\\n\\r\\t\\b\\f\\/\\\\\\""',
  '"\u007f\u0080\u2028\u2029\ufeff\ufffd\uffff"',
  '{"a":1,"a":2,"b":{"a":1,"a":1}}',
  '{"b":1,"a":2,"10":3,"9":4}',
  '{"__proto__":{"x":1},"constructor":null,"toString":1}',
  '"gr\u00fc\u00df dich, \u4e16\u754c"',
  '{"op":"set","key":"other","value":1,"timestamp":1234567890}',
  '{"op":"delete","key":"__proto__","timestamp":1234567891,"seq":1,"group":1,"crc":"00000000"}',
  '{"op":"seal","timestamp":1,"seq":999}',
  '"{\\"op\\":\\"delete\\",\\"key\\":\\"a\\",\\"timestamp\\":1}\\n"',
  '",\\"seq\\":5,\\"crc\\":\\"ffffffff\\"}"',
  `${'['.repeat(64)}${']'.repeat(64)}`,
];

/** Writes every value and expects it back as the same text, from every reader. */
async function expectKept(store: KvStore, pairs: readonly (readonly [string, string])[]): Promise<void> {
  for (const [key, value] of pairs) {
    expect([key, await valueOf(store, key)]).toEqual([key, value]);
    const { results } = await commitAtomically(store, read(key));
    expect(results).toMatchObject([{ status: 'got', entry: { key, value } }]);
  }
  const { items } = await store.list({ limit: 1000 });
  expect(new Map(items.map((entry) => [entry.key, String(entry.value)]))).toEqual(new Map(pairs));
}

/** Writes the pairs and expects them, and expects them again after a restart of a durable store. */
async function expectKeptOverRestart(
  store: KvStore,
  reopen: () => Promise<KvStore>,
  pairs: readonly (readonly [string, string])[],
): Promise<void> {
  for (const [key, value] of pairs) await put(store, key, value);
  await expectKept(store, pairs);
  const reopened = await reopen();
  await expectKept(reopened, reopened.capabilities.durable ? pairs : []);
}

/** Keys and values that careless code changes, loses or obeys. */
export const nastyData: Concern = {
  name: 'nasty data',
  cases: [
    {
      title: 'names of JavaScript, paths, quotes, control characters and log lines are keys like any other',
      run: async (store, harness) => {
        for (const key of KEYS) expect(await store.get(key)).toBeUndefined();
        await expectKeptOverRestart(
          store,
          () => harness.reopen(),
          KEYS.map((key, index) => [key, `${index}`]),
        );
      },
    },
    {
      title: 'nasty keys can be counted up, checked, listed and deleted',
      run: async (store) => {
        for (const key of KEYS) {
          await put(store, key, '1');
          expect((await commitAtomically(store, increment(key, 1), read(key))).committed).toBe(true);
          expect(await keysOf(store, { prefix: key })).toEqual([key]);
          const checks = [{ key, exists: true }];
          expect((await store.commit({ atomic: true, checks, operations: [] })).committed).toBe(true);
          await drop(store, key);
          expect(await store.get(key)).toBeUndefined();
        }
        expect((await store.stats()).keys).toBe(0);
      },
    },
    {
      title: 'values come back as the text they were, numbers, escapes, order and duplicates included',
      run: async (store, harness) => {
        await expectKeptOverRestart(
          store,
          () => harness.reopen(),
          VALUES.map((value, index) => [`key-${index}`, value]),
        );
      },
    },
    {
      title: 'values like log lines do not touch other keys',
      run: async (store, harness) => {
        await put(store, 'a', '"safe"');
        await put(store, 'other', '"safe"');
        const lines = VALUES.filter((value) => value.includes('op'));
        const { committed } = await commitAtomically(store, ...lines.map((line) => set('line', line)));
        expect(committed).toBe(true);
        const before = await contentOf(store);
        const reopened = await harness.reopen();
        if (reopened.capabilities.durable) expect(await contentOf(reopened)).toEqual(before);
        expect(await valueOf(reopened, 'line')).toBe(reopened.capabilities.durable ? lines.at(-1) : undefined);
      },
    },
    {
      title: 'a value of 1 MiB is kept to the last byte',
      run: async (store, harness) => {
        const pairs = [
          ['ascii', `"${'x'.repeat(1_048_574)}"`],
          ['wide', `"${'\u{1f600}'.repeat(262_143)}"`],
          ['digits', '9'.repeat(1_048_576)],
        ] as const;
        await expectKeptOverRestart(store, () => harness.reopen(), pairs);
      },
    },
    {
      title: 'a value cut out of a larger text is the value alone',
      run: async (store) => {
        const text = `{"value":${JSON.stringify('x'.repeat(50))},"rest":"${'y'.repeat(1000)}"}`;
        const value = text.slice('{"value":'.length, '{"value":'.length + 52);
        await store.commit({ atomic: true, operations: [{ type: 'set', key: 'a', value: trustJsonText(value) }] });
        expect(await valueOf(store, 'a')).toBe(`"${'x'.repeat(50)}"`);
        expect((await store.stats()).sizeBytes).toBe(52);
      },
    },
  ],
};
