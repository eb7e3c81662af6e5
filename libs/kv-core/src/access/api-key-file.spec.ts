import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { digestOfApiKey, parseApiKeys } from './api-key-file.js';
import { Keyring } from './keyring.js';

const digest = (key: string): string => createHash('sha256').update(key).digest('hex');
const GOOD = { name: 'ingest', sha256: digest('a'), verbs: ['read', 'write'], prefixes: ['user:'] };

const problemOf = (value: unknown): string => {
  try {
    parseApiKeys(typeof value === 'string' ? value : JSON.stringify(value));
    return 'none';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('a file of API keys', () => {
  it('is a list of names, digests, verbs and prefixes', () => {
    const entries = [
      GOOD,
      { name: 'Überwachung 2', sha256: digest('b').toUpperCase(), verbs: ['monitor'], prefixes: [] },
      { name: 'all', sha256: digest('c'), verbs: ['read', 'write', 'delete', 'monitor', 'admin'], prefixes: [''] },
    ];
    expect(parseApiKeys(JSON.stringify(entries, undefined, 2))).toEqual([
      entries[0],
      { ...entries[1], sha256: digest('b') },
      entries[2],
    ]);
    expect(parseApiKeys('[]')).toEqual([]);
  });

  it.each([
    ['', /^it is no JSON: /],
    ['[{"name": ]', /^it is no JSON: .* byte 10/],
    [{ keys: [GOOD] }, /^it is no JSON array; allowed is a list of keys/],
    [null, /^it is no JSON array/],
    [[GOOD, 'x'], /^entry 2 is no JSON object/],
    [[GOOD, [GOOD]], /^entry 2 is no JSON object/],
    [[{ ...GOOD, name: undefined }], /^entry 1: "name" is missing; allowed is 1 to 64 printable characters/],
    [[{ ...GOOD, name: '' }], /^entry 1: "name" does not fit/],
    [[{ ...GOOD, name: 'a\nb' }], /^entry 1: "name" does not fit/],
    [[{ ...GOOD, name: 'x'.repeat(65) }], /^entry 1: "name" does not fit/],
    [[{ ...GOOD, sha256: undefined }], /^entry 1 \("ingest"\): "sha256" is missing; allowed is the SHA-256 of the key/],
    [[{ ...GOOD, sha256: digest('a').slice(1) }], /"sha256" does not fit/],
    [[{ ...GOOD, sha256: `${digest('a')}\n` }], /"sha256" does not fit/],
    [[{ ...GOOD, verbs: [] }], /"verbs" does not fit; allowed is one or more of "read", "write", "delete", "monitor"/],
    [[{ ...GOOD, verbs: ['read', 'read'] }], /"verbs" does not fit/],
    [[{ ...GOOD, verbs: ['Read'] }], /"verbs" does not fit/],
    [[{ ...GOOD, verbs: 'read' }], /"verbs" does not fit/],
    [[{ ...GOOD, prefixes: undefined }], /"prefixes" is missing; allowed is a list of texts/],
    [[{ ...GOOD, prefixes: 'user:' }], /"prefixes" does not fit/],
    [[{ ...GOOD, prefixes: [1] }], /"prefixes" does not fit/],
    [[{ ...GOOD, prefixes: ['a\0'] }], /"prefixes" does not fit/],
    [[{ ...GOOD, prefixes: ['\ud800'] }], /"prefixes" does not fit/],
    [[{ ...GOOD, prefixes: ['x'.repeat(1025)] }], /"prefixes" does not fit/],
    [
      [{ ...GOOD, verb: ['read'] }],
      /^entry 1 \("ingest"\): there is no member "verb"; allowed are name, sha256, verbs/,
    ],
    [[{ ...GOOD, key: 'secret' }], /there is no member "key"/],
    [[GOOD, { ...GOOD, sha256: digest('b') }], /^entry 2 \("ingest"\): its "name" is that of entry 1/],
    [[GOOD, { ...GOOD, name: 'other', sha256: digest('a').toUpperCase() }], /its "sha256" is that of entry 1/],
  ])('is refused as %j', (value, problem) => {
    expect(problemOf(value)).toMatch(problem);
  });

  it('is refused without a word of a digest or a key in it', () => {
    const secret = 's3cret-key';
    for (const text of [
      JSON.stringify([{ ...GOOD, sha256: secret }]),
      JSON.stringify([{ ...GOOD, key: secret }]),
      `[{"sha256":"${secret}" "name":"x"}]`,
    ]) {
      expect(problemOf(text)).not.toContain(secret);
    }
    expect(problemOf([GOOD, GOOD])).not.toContain(GOOD.sha256);
  });
});

describe('a keyring', () => {
  const keys = Array.from({ length: 300 }, (_, i) => `key-${i}`);
  const entries = keys.map((key, i) => ({
    name: `n${i}`,
    sha256: digestOfApiKey(key),
    verbs: ['read'] as const,
    prefixes: [`p${i}:`],
  }));
  const keyring = new Keyring(entries);

  it('finds whom each key stands for, with its rights', () => {
    for (const [i, key] of keys.entries()) {
      const principal = keyring.find(key);
      expect(principal?.name).toBe(`n${i}`);
      expect(principal?.rights.allow('read', `p${i}:1`)).toBe(true);
      expect(principal?.rights.allow('read', 'q')).toBe(false);
    }
  });

  it.each(['', 'key-300', 'key-1 ', 'KEY-1', digestOfApiKey('key-1')])('does not know %j', (key) => {
    expect(keyring.find(key)).toBeUndefined();
  });

  it('looks at the whole digest, not only at its beginning', () => {
    const near = `${digestOfApiKey('key-1').slice(0, 62)}00`;
    const others = new Keyring([{ name: 'near', sha256: near, verbs: ['read'], prefixes: [''] }, ...entries]);
    expect(others.find('key-1')?.name).toBe('n1');
    expect(
      new Keyring([{ name: 'near', sha256: near, verbs: ['read'], prefixes: [''] }]).find('key-1'),
    ).toBeUndefined();
  });
});
