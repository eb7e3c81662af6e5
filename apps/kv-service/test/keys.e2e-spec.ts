import { beforeAll, describe, expect, it } from '@jest/globals';
import { useTestServices, type HttpClient, type ServiceProcess } from '@kvasir/test-harness';
import { contentsOf, expectProblem } from './testing/expectations.js';
import { KEYS } from './testing/texts.js';

const services = useTestServices();
const SORTED = [...KEYS].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));

/** Every byte percent-encoded, so that no library between here and there can tidy it. */
function encoded(key: string): string {
  return [...Buffer.from(key)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}

/** Bytes above 127 as they are, and only what a path cannot hold percent-encoded. */
function barelyEncoded(key: string): string {
  return Buffer.from(key)
    .toString('latin1')
    .replace(/[\0-\x20/?%\x7F]/g, (unit) => `%${unit.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`);
}

describe('keys that are keys like any other', () => {
  let first: ServiceProcess;

  beforeAll(async () => {
    first = await services.start();
  });

  it('are written, read, listed and deleted, percent-encoded or not, and outlive a restart', async () => {
    for (const [i, key] of KEYS.entries()) {
      expect((await first.http.put(`/kv/${encoded(key)}`, { value: [i, key] })).status).toBe(200);
    }
    await first.kill();
    const second = await services.start({ directory: first.directory });
    const { http } = second;
    for (const [i, key] of KEYS.entries()) {
      expect((await http.get(`/kv/${encoded(key).toUpperCase()}`)).json()).toEqual({ value: [i, key] });
    }
    expect((await http.get('/kv')).json()).toEqual({ keys: SORTED });
    for (const key of KEYS) {
      const { keys } = (await http.get(`/kv?prefix=${encoded(key)}`)).json() as { keys: string[] };
      expect(keys).toEqual(SORTED.filter((one) => one.startsWith(key)));
    }
    const gets = await http.post('/kv/batch', { operations: KEYS.map((key) => ({ op: 'get', key })) });
    expect(gets.json()).toEqual({ success: true, results: KEYS.map((key, i) => ({ value: [i, key] })) });
    for (const key of KEYS) expect((await http.delete(`/kv/${encoded(key)}`)).json()).toEqual({ success: true });
    expect(await contentsOf(http)).toEqual({ keys: [], figures: { keys: 0, size_bytes: 0 } });
  });

  it('may come with bytes above 127 unencoded, on connections that go on being answered', async () => {
    const { http } = await services.start();
    for (const key of KEYS) {
      const path = `/kv/${barelyEncoded(key)}`;
      expect([key, (await http.put(path, { value: key })).status]).toEqual([key, 200]);
      expect((await http.get(path)).json()).toEqual({ value: key });
    }
    expect((await http.get('/kv')).json()).toEqual({ keys: SORTED });
    for (const key of KEYS) expect((await http.delete(`/kv/${barelyEncoded(key)}`)).status).toBe(200);
  });

  it.each([
    ['a+b', 'a+b'],
    ['a%2Bb', 'a+b'],
    ['a%20b', 'a b'],
    ['a%2fb', 'a/b'],
    ['a%2Fb', 'a/b'],
    ['a%252Fb', 'a%2Fb'],
    ['%2e', '.'],
    ['%2E%2e', '..'],
    ['%61', 'a'],
    ['a%3fb', 'a?b'],
    ['a%23b', 'a#b'],
    ['a;b=c', 'a;b=c'],
    ["a:b@c!$&'()*,", "a:b@c!$&'()*,"],
    ['%EF%BB%BFa', '\uFEFFa'],
  ])('%s in a path is the key %j', async (path, key) => {
    const { http } = await running();
    await http.put(`/kv/${path}`, { value: path });
    expect((await http.get('/kv')).json()).toEqual({ keys: [key] });
    expect((await http.delete(`/kv/${encoded(key)}`)).status).toBe(200);
  });
});

describe('a key outside the limits', () => {
  it.each([
    ['is empty', ''],
    ['has 1,025 bytes', 'x'.repeat(1025)],
    ['has 1,025 bytes in fewer characters', `${'%C3%A9'.repeat(512)}x`],
    ['is NUL', '%00'],
    ['has NUL inside', 'a%00b'],
    ['ends in a lone percent sign', 'a%'],
    ['has half a percent-encoding', 'a%2'],
    ['has a percent-encoding that is not hexadecimal', 'a%zzb'],
    ['has a percent-encoding with a sign', 'a%+1'],
    ['has an overlong slash', '%C0%AF'],
    ['has an overlong NUL', '%C0%80'],
    ['has an encoded surrogate', '%ED%A0%80'],
    ['has a pair of encoded surrogates', '%ED%A0%BD%ED%B8%80'],
    ['is past U+10FFFF', '%F4%90%80%80'],
    ['ends in half a character', 'a%C3'],
    ['is the byte 0xFF', '%FF'],
    ['is the byte 0xFF, unencoded', '\u00FF'],
  ])('is refused with a 400 and changes nothing when it %s', async (_what, path) => {
    const { http } = await running();
    const before = await contentsOf(http);
    for (const answer of [
      await http.get(`/kv/${path}`),
      await http.put(`/kv/${path}`, { value: 1 }),
      await http.delete(`/kv/${path}`),
    ]) {
      expectProblem(answer, 400);
    }
    expect(await contentsOf(http)).toEqual(before);
  });
});

let shared: Promise<ServiceProcess> | undefined;

/** One service for the tests that leave it as they found it. */
function running(): Promise<{ readonly http: HttpClient }> {
  return (shared ??= services.start());
}
