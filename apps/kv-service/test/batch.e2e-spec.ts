import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { useTestServices, type HttpAnswer, type HttpClient } from '@kvasir/test-harness';
import { contentsOf, expectProblem } from './testing/expectations.js';

const services = useTestServices();
let http: HttpClient;

beforeAll(async () => {
  ({ http } = await services.start());
});

beforeEach(async () => {
  const { keys } = await contentsOf(http);
  for (let start = 0; start < keys.length; start += 1000) {
    await batch(keys.slice(start, start + 1000).map((key) => ({ op: 'delete', key })));
  }
});

const NOT_FOUND = { error: 'key not found' };
const DONE = { success: true };

function batch(operations: readonly object[]): Promise<HttpAnswer> {
  return http.post('/kv/batch', { operations });
}

describe('POST /kv/batch', () => {
  it('executes in order, each result at its index, a later operation seeing the earlier ones', async () => {
    await http.put('/kv/old', { value: 0 });
    const answer = await batch([
      { op: 'get', key: 'a' },
      { op: 'set', key: 'a', value: { n: 1 } },
      { op: 'get', key: 'a' },
      { op: 'set', key: 'a', value: null },
      { op: 'get', key: 'a' },
      { op: 'delete', key: 'a' },
      { op: 'delete', key: 'a' },
      { op: 'get', key: 'a' },
      { op: 'get', key: 'old' },
      { op: 'set', key: 'b', value: 'kept' },
    ]);
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({
      success: true,
      results: [
        NOT_FOUND,
        DONE,
        { value: { n: 1 } },
        DONE,
        { value: null },
        DONE,
        NOT_FOUND,
        NOT_FOUND,
        { value: 0 },
        DONE,
      ],
    });
    expect((await http.get('/kv')).json()).toEqual({ keys: ['b', 'old'] });
  });

  it('goes on after an operation that fails', async () => {
    const answer = await batch([
      { op: 'delete', key: 'missing' },
      { op: 'set', key: 'a', value: 1 },
      { op: 'get', key: 'missing' },
      { op: 'set', key: 'b', value: 2 },
    ]);
    expect(answer.json()).toEqual({ success: true, results: [NOT_FOUND, DONE, NOT_FOUND, DONE] });
    expect((await http.get('/kv')).json()).toEqual({ keys: ['a', 'b'] });
  });

  it('takes a TTL: null and absence for ever, 0 and less gone at once, for later operations too', async () => {
    const answer = await batch([
      { op: 'set', key: 'a', value: 1, ttl: null },
      { op: 'set', key: 'b', value: 1, ttl: 100 },
      { op: 'set', key: 'c', value: 1, ttl: 0 },
      { op: 'get', key: 'c' },
      { op: 'set', key: 'a', value: 2, ttl: -1 },
      { op: 'delete', key: 'a' },
    ]);
    expect(answer.json()).toEqual({ success: true, results: [DONE, DONE, DONE, NOT_FOUND, DONE, NOT_FOUND] });
    expect(await contentsOf(http)).toEqual({ keys: ['b'], figures: { keys: 1, size_bytes: 1 } });
  });

  it('answers an empty list with no results', async () => {
    const answer = await batch([]);
    expect([answer.status, answer.json()]).toEqual([200, { success: true, results: [] }]);
  });

  it('ignores members that it does not know', async () => {
    const body = '{"note":[1],"operations":[{"op":"set","key":"a","value":1,"note":{"op":"delete"}}]}';
    expect((await http.send('POST', '/kv/batch', { body })).json()).toEqual({ success: true, results: [DONE] });
  });

  it.each([
    ['an unknown op', '{"op":"increment","key":"x","value":1}'],
    ['an op in capitals', '{"op":"SET","key":"x","value":1}'],
    ['an op that is a number', '{"op":1,"key":"x","value":1}'],
    ['an op that every object has', '{"op":"constructor","key":"x","value":1}'],
    ['no op', '{"key":"x","value":1}'],
    ['no key', '{"op":"get"}'],
    ['a key that is a number', '{"op":"get","key":1}'],
    ['a null key', '{"op":"get","key":null}'],
    ['an empty key', '{"op":"set","key":"","value":1}'],
    ['a key with NUL', String.raw`{"op":"set","key":"a\u0000","value":1}`],
    ['a key with a lone surrogate', String.raw`{"op":"set","key":"a\ud800","value":1}`],
    ['a key of 1,025 bytes', JSON.stringify({ op: 'set', key: 'é'.repeat(512) + 'x', value: 1 })],
    ['a set without value', '{"op":"set","key":"x"}'],
    ['a ttl that is a string', '{"op":"set","key":"x","value":1,"ttl":"5"}'],
    ['a ttl of 5.5', '{"op":"set","key":"x","value":1,"ttl":5.5}'],
    ['a ttl over 100 years', '{"op":"set","key":"x","value":1,"ttl":3153600001}'],
    ['a value of 65 levels', `{"op":"set","key":"x","value":${'['.repeat(65)}${']'.repeat(65)}}`],
    ['a member twice', '{"op":"set","key":"x","value":1,"key":"y"}'],
    ['a member twice, once with an escape', String.raw`{"op":"set","key":"x","value":1,"k\u0065y":"y"}`],
    ['a string', '"get"'],
    ['null', 'null'],
    ['an array', '[]'],
  ])('refuses %s with a 400 that names the index, and changes nothing', async (_what, operation) => {
    await http.put('/kv/a', { value: 'before' });
    const body = `{"operations":[{"op":"set","key":"a","value":2},{"op":"delete","key":"a"},${operation},{"op":"set","key":"c","value":3}]}`;
    expectProblem(await http.send('POST', '/kv/batch', { body }), 400, /\b2\b/);
    expect((await http.get('/kv/a')).json()).toEqual({ value: 'before' });
    expect(await contentsOf(http)).toEqual({ keys: ['a'], figures: { keys: 1, size_bytes: 8 } });
  });

  it.each([
    '',
    '{}',
    '[]',
    'null',
    '{"operations":null}',
    '{"operations":{}}',
    '{"operations":"[]"}',
    '{"operations":[],"operations":[]}',
    '{"operations":[{"op":"set","key":"a","value":1}]',
    '{"operations":[{"op":"set","key":"a","value":1},]}',
    '{"operations":[{"op":"set","key":"a","value":1}]} x',
  ])('refuses the body %j with a 400 and changes nothing', async (body) => {
    expectProblem(await http.send('POST', '/kv/batch', { body }), 400);
    expect(await contentsOf(http)).toEqual({ keys: [], figures: { keys: 0, size_bytes: 0 } });
  });

  it('lets no other write between two operations', async () => {
    const own = (name: string) => [
      { op: 'set', key: 'hot', value: name },
      { op: 'get', key: 'hot' },
      { op: 'set', key: 'hot2', value: name },
      { op: 'delete', key: 'hot' },
      { op: 'get', key: 'hot' },
      { op: 'get', key: 'hot2' },
      { op: 'set', key: 'hot', value: `${name} again` },
      { op: 'get', key: 'hot' },
    ];
    const batches = Array.from({ length: 100 }, async (_, i) => {
      const answer = await batch(own(`batch ${i}`));
      expect(answer.json()).toEqual({
        success: true,
        results: [
          DONE,
          { value: `batch ${i}` },
          DONE,
          DONE,
          NOT_FOUND,
          { value: `batch ${i}` },
          DONE,
          { value: `batch ${i} again` },
        ],
      });
    });
    const others = Array.from({ length: 200 }, (_, i) =>
      i % 4 === 0 ? http.delete('/kv/hot') : http.put(i % 2 === 0 ? '/kv/hot' : '/kv/hot2', { value: `single ${i}` }),
    );
    await Promise.all([...batches, ...others]);
  });
});

describe('the key `batch`', () => {
  it('is a key like any other for GET, PUT and DELETE', async () => {
    expectProblem(await http.get('/kv/batch'), 404, 'key not found');
    expect((await http.put('/kv/batch', { value: 'a key' })).json()).toEqual(DONE);
    expect((await http.get('/kv/batch')).json()).toEqual({ value: 'a key' });
    expect((await batch([{ op: 'get', key: 'batch' }])).json()).toEqual({
      success: true,
      results: [{ value: 'a key' }],
    });
    expect((await http.get('/kv')).json()).toEqual({ keys: ['batch'] });
    expect((await http.delete('/kv/batch')).json()).toEqual(DONE);
    expectProblem(await http.delete('/kv/batch'), 404, 'key not found');
  });
});
