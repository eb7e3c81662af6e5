import { describe, expect, it } from '@jest/globals';
import { ANYONE } from '@kvasir/http';
import { Principal, Rights, type KvStore } from '@kvasir/kv-core';
import { KeyedAccess, OpenAccess } from './access.js';
import { givenKey } from './given-key.js';
import { isOpenPath } from './open-paths.js';

const store = { get: () => Promise.resolve('found'), stats: () => Promise.resolve('stats') } as unknown as KvStore;
const reader = new Principal('reader', new Rights(['read'], ['user:']));
const monitor = new Principal('monitor', new Rights(['monitor'], []));

describe('access to the store', () => {
  it('is open to everybody where there are no API keys: the store itself', () => {
    const access = new OpenAccess(store);
    expect(access.storeFor()).toBe(store);
    expect(() => access.require()).not.toThrow();
  });

  it('is what the rights of the caller say, with one store for each caller', async () => {
    const access = new KeyedAccess(store);
    const own = access.storeFor(reader);
    expect(await own.get('user:1')).toBe('found');
    await expect(own.get('session:1')).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(access.storeFor(reader)).toBe(own);
    expect(access.storeFor(monitor)).not.toBe(own);
    expect(() => access.require(monitor, 'monitor')).not.toThrow();
    expect(() => access.require(reader, 'monitor')).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }));
    expect(() => access.require(monitor, 'admin')).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }));
  });

  it('is none for whoever has shown no key, and for whoever only looks like a caller with rights', async () => {
    const access = new KeyedAccess(store);
    for (const caller of [ANYONE, { name: 'x', rights: reader.rights }]) {
      await expect(access.storeFor(caller).get('user:1')).rejects.toMatchObject({ code: 'FORBIDDEN' });
      await expect(access.storeFor(caller).stats()).rejects.toMatchObject({ code: 'FORBIDDEN' });
      expect(() => access.require(caller, 'monitor')).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }));
    }
  });
});

describe('the key of a request', () => {
  it.each([
    [undefined, undefined, { kind: 'none' }],
    [undefined, 'Basic abc', { kind: 'none' }],
    [undefined, 'Bearer', { kind: 'none' }],
    [undefined, 'Bearer a b', { kind: 'none' }],
    [undefined, 'Bearer a', { kind: 'key', key: 'a' }],
    [undefined, 'BEARER   a ', { kind: 'key', key: 'a' }],
    ['a', undefined, { kind: 'key', key: 'a' }],
    ['a', 'Bearer a', { kind: 'key', key: 'a' }],
    ['a', 'Basic b', { kind: 'key', key: 'a' }],
    ['', 'Bearer a', { kind: 'conflict' }],
    ['a', 'Bearer b', { kind: 'conflict' }],
  ])('of x-api-key %j and authorization %j is %j', (apiKey, authorization, given) => {
    expect(givenKey(apiKey, authorization)).toEqual(given);
  });
});

describe('the paths that need no key', () => {
  it.each(['/', '/health', '/health/ready', '/docs', '/docs/x.js', '/docs-json', '/docs-yaml'])('hold %s', (path) => {
    expect(isOpenPath(path)).toBe(true);
  });

  it.each([
    '',
    '/kv',
    '/healthy',
    '/docs-',
    '/docs%2f',
    '//',
    '/HEALTH',
    '/stats',
    '/metrics',
    '/admin/docs',
    '/%68ealth',
  ])('do not hold %j', (path) => {
    expect(isOpenPath(path)).toBe(false);
  });
});
