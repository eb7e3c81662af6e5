import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { useTestServices, type HttpClient } from '@kvasir/test-harness';
import { contentsOf, expectProblem } from './testing/expectations.js';

const services = useTestServices();
let http: HttpClient;

beforeAll(async () => {
  ({ http } = await services.start());
});

beforeEach(async () => {
  const { keys } = await contentsOf(http);
  await http.post('/kv/batch', { operations: keys.map((key) => ({ op: 'delete', key })) });
});

describe('PUT, GET and DELETE of /kv/:key', () => {
  it('write, read and delete a value', async () => {
    const put = await http.put('/kv/user:1', { value: { name: 'Alice' } });
    expect([put.status, put.json()]).toEqual([200, { success: true }]);
    const got = await http.get('/kv/user:1');
    expect([got.status, got.json()]).toEqual([200, { value: { name: 'Alice' } }]);
    expect(got.headers['content-type']).toBe('application/json; charset=utf-8');
    const deleted = await http.delete('/kv/user:1');
    expect([deleted.status, deleted.json()]).toEqual([200, { success: true }]);
    expectProblem(await http.get('/kv/user:1'), 404, /^key not found$/);
  });

  it('answer a key that is not there with a 404', async () => {
    expectProblem(await http.get('/kv/nobody'), 404, /^key not found$/);
    expectProblem(await http.delete('/kv/nobody'), 404, /^key not found$/);
    expect(await contentsOf(http)).toEqual({ keys: [], figures: { keys: 0, size_bytes: 0 } });
  });

  it('overwrite', async () => {
    await http.put('/kv/a', { value: 'first' });
    expect((await http.put('/kv/a', { value: ['second'] })).json()).toEqual({ success: true });
    expect((await http.get('/kv/a')).json()).toEqual({ value: ['second'] });
    expect(await contentsOf(http)).toEqual({ keys: ['a'], figures: { keys: 1, size_bytes: 10 } });
  });

  it.each(['null', 'false', '0', '""', '[]', '{}', '"text"', '1.5', 'true'])('take the value %s', async (value) => {
    expect((await http.send('PUT', '/kv/a', { body: `{"value":${value}}` })).status).toBe(200);
    expect((await http.get('/kv/a')).text).toBe(`{"value":${value}}`);
  });

  it.each([
    ['no value', '{}'],
    ['no value but a ttl', '{"ttl":5}'],
    ['a misspelt value', '{"Value":1}'],
    ['nothing at all', ''],
    ['white space', ' \n'],
    ['an array', '[{"value":1}]'],
    ['a string', '"value"'],
    ['null', 'null'],
    ['half a JSON text', '{"value":1'],
    ['more behind the JSON text', '{"value":1} x'],
    ['two JSON texts', '{"value":1}{"value":2}'],
    ['a trailing comma', '{"value":1,}'],
    ['a comment', '{"value":1/**/}'],
    ['a name without quotes', '{value:1}'],
    ['single quotes', "{'value':1}"],
    ['NaN', '{"value":NaN}'],
    ['a number with a leading zero', '{"value":01}'],
    ['a number with a plus', '{"value":+1}'],
    ['a bad escape', String.raw`{"value":"\x41"}`],
    ['a raw newline inside a string', '{"value":"a\nb"}'],
    ['a raw NUL inside a string', '{"value":"a\0b"}'],
    ['a byte order mark', '\uFEFF{"value":1}'],
  ])('refuse a body that is %s with a 400 and change nothing', async (_what, body) => {
    await http.put('/kv/a', { value: 'before' });
    expectProblem(await http.send('PUT', '/kv/a', { body }), 400);
    expectProblem(await http.send('PUT', '/kv/b', { body }), 400);
    expect((await http.get('/kv/a')).json()).toEqual({ value: 'before' });
    expect(await contentsOf(http)).toEqual({ keys: ['a'], figures: { keys: 1, size_bytes: 8 } });
  });

  it('ignore members that they do not know', async () => {
    expect((await http.put('/kv/a', { note: { value: 3 }, value: 1, more: [null] })).status).toBe(200);
    expect((await http.get('/kv/a')).json()).toEqual({ value: 1 });
  });
});

describe('GET /kv', () => {
  it('lists no key of an empty store', async () => {
    const answer = await http.get('/kv');
    expect([answer.status, answer.json()]).toEqual([200, { keys: [] }]);
  });

  it('lists in byte order of the key, where U+E000 comes before a character above U+FFFF', async () => {
    const sorted = ['A', 'B', 'a', 'a/b', 'aa', 'é', '\uE000', '\uFFFF', '😀', '𝓐'].sort((a, b) =>
      Buffer.compare(Buffer.from(a), Buffer.from(b)),
    );
    expect(sorted).not.toEqual(sorted.toSorted());
    const operations = sorted.toReversed().map((key) => ({ op: 'set', key, value: 1 }));
    expect((await http.post('/kv/batch', { operations })).status).toBe(200);
    expect((await http.get('/kv')).json()).toEqual({ keys: sorted });
  });

  it('lists the keys that start with the prefix, case by case', async () => {
    for (const key of ['user', 'user:', 'user:1', 'user:2', 'User:3', 'user;', 'xuser:4']) {
      await http.put(`/kv/${key}`, { value: 1 });
    }
    expect((await http.get('/kv?prefix=user:')).json()).toEqual({ keys: ['user:', 'user:1', 'user:2'] });
    expect((await http.get('/kv?prefix=User:')).json()).toEqual({ keys: ['User:3'] });
    expect((await http.get('/kv?prefix=user:1')).json()).toEqual({ keys: ['user:1'] });
    expect((await http.get('/kv?prefix=nobody')).json()).toEqual({ keys: [] });
  });

  it('takes an empty prefix for all keys', async () => {
    await http.put('/kv/b', { value: 1 });
    await http.put('/kv/a', { value: 1 });
    for (const path of ['/kv', '/kv?', '/kv?prefix=', '/kv?prefix', '/kv?other=b']) {
      expect((await http.get(path)).json()).toEqual({ keys: ['a', 'b'] });
    }
  });

  it('decodes the prefix once: + and %20 are a space, %2B is a plus, %25 a percent sign', async () => {
    const keys = ['a b', 'a+b', 'a%20b', 'é/1', '😀'];
    for (const key of keys) await http.put(`/kv/${encodeURIComponent(key)}`, { value: 1 });
    const list = async (prefix: string) => (await http.get(`/kv?prefix=${prefix}`)).json();
    expect(await list('a+')).toEqual({ keys: ['a b'] });
    expect(await list('a%20')).toEqual({ keys: ['a b'] });
    expect(await list('a%2B')).toEqual({ keys: ['a+b'] });
    expect(await list('a%2520')).toEqual({ keys: ['a%20b'] });
    expect(await list('%C3%A9%2f')).toEqual({ keys: ['é/1'] });
    expect(await list(Buffer.from('é/').toString('latin1'))).toEqual({ keys: ['é/1'] });
    expect(await list('%F0%9F%98%80')).toEqual({ keys: ['😀'] });
  });

  it.each(['%', '%zz', '%C3', '%ED%A0%80', '%FF'])('refuses the prefix %s with a 400', async (prefix) => {
    expectProblem(await http.get(`/kv?prefix=${prefix}`), 400);
  });
});

describe('GET /stats', () => {
  it("counts keys and the UTF-8 bytes of their values' JSON texts", async () => {
    const empty = await http.get('/stats');
    expect([empty.status, empty.json()]).toEqual([200, expect.objectContaining({ keys: 0, size_bytes: 0 })]);
    await http.send('PUT', '/kv/a', { body: '{ "value" : { "é" : [ 1 , "😀" ] } }' });
    await http.send('PUT', '/kv/b', { body: '{"value":12345678901234567890}' });
    const size = Buffer.byteLength('{"é":[1,"😀"]}') + 20;
    expect((await http.get('/stats')).json()).toMatchObject({ keys: 2, size_bytes: size });
    await http.send('PUT', '/kv/b', { body: '{"value":1}' });
    expect((await http.get('/stats')).json()).toMatchObject({ keys: 2, size_bytes: size - 19 });
    await http.delete('/kv/a');
    expect((await http.get('/stats')).json()).toMatchObject({ keys: 1, size_bytes: 1 });
  });
});

describe('every request of /kv', () => {
  it.each([
    ['GET', '/kv/missing'],
    ['PUT', '/kv/a%00'],
    ['POST', '/kv/batch'],
    ['DELETE', '/kv/missing'],
    ['GET', '/kv?prefix=%'],
    ['POST', '/kv'],
    ['POST', '/stats'],
  ])('has errors of the form {"error": …}: %s %s', async (method, path) => {
    const answer = await http.send(method, path);
    expectProblem(answer, answer.status);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
  });
});
