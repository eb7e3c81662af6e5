import { beforeAll, describe, expect, it } from '@jest/globals';
import { useTestServices, type HttpClient, type ServiceProcess } from '@kvasir/test-harness';
import { logLines } from './testing/log-file.js';
import { KEYS } from './testing/texts.js';
import { changes, describeCommonRefusals, said, segmentOf } from './testing/wire-errors.js';

const services = useTestServices();
const BASE = '/api/v1/store';
const success = (data: unknown) => ({ status: 'success', data });
const error = (message: unknown) => ({ status: 'error', message });
const NOT_AN_INTEGER = [400, error('Value is not an integer and cannot be incremented')];
const OUT_OF_RANGE = [400, error('Result is out of range')];

let service: ServiceProcess;
let http: HttpClient;

beforeAll(async () => {
  service = await services.start();
  ({ http } = service);
});

const lastLine = () => JSON.parse(logLines(service.directory).at(-1) ?? '') as Record<string, unknown>;
/** Writes any JSON text, as /kv does. */
const writeText = (key: string, text: string, ttl = 'null') =>
  http.send('PUT', `/kv/${key}`, { body: `{"value":${text},"ttl":${ttl}}` });
const readText = async (key: string) => (await http.get(`/kv/${key}`)).text;
const increment = (key: string, by: string) =>
  http.send('PUT', `${BASE}/${key}/increment`, { body: `{"increment":${by}}` });

describe('POST /api/v1/store/{key}', () => {
  it('sets a string, overwrites, and is a 201', async () => {
    for (const value of ['first', '', '5', '{"a":1}', 'é 😀', 'a\u0000b']) {
      const answer = await http.post(`${BASE}/s`, { value });
      expect(said(answer)).toEqual([201, success({ message: 'Value set successfully' })]);
      expect(said(await http.get(`${BASE}/s`))).toEqual([200, success({ value })]);
    }
  });

  it('removes a TTL', async () => {
    await writeText('t', '"x"', '100');
    await http.post(`${BASE}/t`, { value: 'y' });
    expect(lastLine()).toMatchObject({ key: 't', value: 'y' });
    expect(lastLine()).not.toHaveProperty('ttl');
  });

  it('keeps the escapes of a string as they were sent', async () => {
    const text = String.raw`"\u0041\/\ud83d\ude00"`;
    await http.send('POST', `${BASE}/s`, { body: `{"other":[1],"value":${text}}` });
    expect(await readText('s')).toBe(`{"value":${text}}`);
    expect(said(await http.get(`${BASE}/s`))).toEqual([200, success({ value: 'A/😀' })]);
  });

  it.each([
    ['{}', /has no 'value'; it is a string/],
    ['{"value":5}', /'value' is 5; it is a string/],
    ['{"value":null}', /'value' is null; it is a string/],
    ['{"value":["a"]}', /'value' is \["a"\]/],
    ['{"value":{"a":1}}', /'value' is/],
    [`{"value":[${'1,'.repeat(99)}1]}`, /'value' is .{64}…;/],
    ['', /Expected JSON, found nothing/],
    ['null', /Expected an object, found null/],
    ['["value"]', /Expected an object, found an array/],
    ['"value"', /Expected an object, found a string/],
    ['{"value":"a"', /at byte 12/],
    ['{"value":"a"}x', /at byte 13/],
    ['{"value":"a","value":"a"}', /"value" is given twice/],
    ['\uFEFF{"value":"a"}', /byte order mark/],
  ])('refuses the body %j with a 422', async (body, text) => {
    const changed = await changes(http, async () => {
      const answer = await http.send('POST', `${BASE}/refused`, { body });
      expect(said(answer)).toEqual([422, error(expect.stringMatching(text))]);
    });
    expect(changed).toBe(false);
  });
});

describe('GET /api/v1/store/{key}', () => {
  it.each([
    ['5', '5'],
    ['1.10', '1.10'],
    ['12345678901234567890', '12345678901234567890'],
    ['true', 'true'],
    ['null', 'null'],
    ['{"b":1,"a":[1,"x"]}', '{"b":1,"a":[1,"x"]}'],
    [String.raw`"a\"\u00e9\n"`, 'a"é\n'],
    [String.raw`"\ud800"`, String.raw`"\ud800"`],
  ])('reads the JSON value %s as the string %j', async (text, value) => {
    await writeText('g', text);
    expect(said(await http.get(`${BASE}/g`))).toEqual([200, success({ value })]);
  });

  it('is a 404 for a key that is not there', async () => {
    expect(said(await http.get(`${BASE}/nothing`))).toEqual([404, error("Key 'nothing' not found")]);
  });
});

describe('GET /api/v1/store/{key}/exists', () => {
  it('tells whether the key is there, null and empty values too', async () => {
    for (const text of ['null', '""', 'false', '0']) {
      await writeText('e', text);
      expect(said(await http.get(`${BASE}/e/exists`))).toEqual([200, success({ exists: true })]);
    }
    await http.delete(`${BASE}/e`);
    expect(said(await http.get(`${BASE}/e/exists`))).toEqual([200, success({ exists: false })]);
  });

  it('answers HEAD without a body', async () => {
    const answer = await http.send('HEAD', `${BASE}/e/exists`);
    expect([answer.status, answer.text]).toEqual([200, '']);
  });
});

describe('DELETE /api/v1/store/{key}', () => {
  it('is a 200, also when the key is not there', async () => {
    await http.post(`${BASE}/d`, { value: 'x' });
    for (let times = 0; times < 2; times++) {
      const answer = await http.delete(`${BASE}/d`);
      expect(said(answer)).toEqual([200, success({ message: 'Key deleted successfully' })]);
      expect((await http.get(`${BASE}/d`)).status).toBe(404);
    }
  });
});

describe('PUT /api/v1/store/{key}/increment', () => {
  it.each([
    // [the value before, the increment, the value after, new_value]
    ['"5"', '3', '"8"', '8'],
    ['5', '3', '8', '8'],
    ['5', '-8', '-3', '-3'],
    ['"-5"', '2', '"-3"', '-3'],
    ['"-1"', '1', '"0"', '0'],
    ['-0', '0', '0', '0'],
    ['"-0"', '-0', '"0"', '0'],
    ['"007"', '1', '"8"', '8'],
    ['"-0010"', '1', '"-9"', '-9'],
    [String.raw`"\u0035"`, '1', '"6"', '6'],
    ['9007199254740993', '1', '9007199254740994', '9007199254740994'],
    ['9223372036854775806', '1', '9223372036854775807', '9223372036854775807'],
    ['"-9223372036854775807"', '-1', '"-9223372036854775808"', '-9223372036854775808'],
    ['9223372036854775807', '-9223372036854775808', '-1', '-1'],
    ['"9223372036854775808"', '-1', '"9223372036854775807"', '9223372036854775807'],
  ])('adds to %s %s, which leaves %s, and new_value is the number %s', async (before, by, after, sum) => {
    await writeText('i', before);
    const answer = await increment('i', by);
    expect([answer.status, answer.text]).toEqual([200, `{"status":"success","data":{"new_value":${sum}}}`]);
    expect(await readText('i')).toBe(`{"value":${after}}`);
  });

  it.each([
    '"abc"',
    '""',
    '" 5"',
    '"5 "',
    '"+5"',
    '"1.0"',
    '"1e3"',
    '1.0',
    '1e3',
    '5.5',
    'null',
    'true',
    '[]',
    '{}',
    '"٣"',
  ])('is a 400 for the value %s, which stays', async (text) => {
    await writeText('i', text);
    expect(said(await increment('i', '1'))).toEqual(NOT_AN_INTEGER);
    expect(await readText('i')).toBe(`{"value":${text}}`);
  });

  it.each([
    ['9223372036854775807', '1'],
    ['"9223372036854775807"', '1'],
    ['-9223372036854775808', '-1'],
    ['9223372036854775808', '0'],
    [`"${'9'.repeat(500)}"`, '-1'],
  ])('is a 400 when the sum of %s and %s does not fit 64 bits, and the value stays', async (text, by) => {
    await writeText('i', text);
    expect(said(await increment('i', by))).toEqual(OUT_OF_RANGE);
    expect(await readText('i')).toBe(`{"value":${text}}`);
  });

  it('is a 404 for a key that is not there, and makes none', async () => {
    const changed = await changes(http, async () => {
      expect(said(await increment('nothing', '1'))).toEqual([404, error("Key 'nothing' not found")]);
    });
    expect(changed).toBe(false);
  });

  it('keeps the TTL', async () => {
    await writeText('ttl', '1', '1000');
    const before = lastLine() as { ttl: number; timestamp: number };
    expect((await increment('ttl', '1')).status).toBe(200);
    const after = lastLine() as { ttl: number; timestamp: number };
    expect(after).toMatchObject({ key: 'ttl', value: 2 });
    expect(after.timestamp + after.ttl).toBeCloseTo(before.timestamp + before.ttl, 2);
  });

  it.each([
    ['{}', /has no 'increment'/],
    ['{"increment":null}', /'increment' is null/],
    ['{"increment":"3"}', /'increment' is "3"/],
    ['{"increment":1.5}', /'increment' is 1.5; it is an integer of 64 bits/],
    ['{"increment":1.0}', /'increment' is 1.0/],
    ['{"increment":1e3}', /'increment' is 1e3/],
    ['{"increment":true}', /'increment' is true/],
    ['{"increment":[1]}', /'increment' is \[1\]/],
    ['{"increment":9223372036854775808}', /'increment' is 9223372036854775808/],
    ['{"increment":-9223372036854775809}', /'increment' is -9223372036854775809/],
    [`{"increment":${'9'.repeat(100)}}`, /'increment' is 9{64}…/],
    ['{"increment":1,"increment":1}', /given twice/],
    ['{"increment":01}', /at byte 14/],
    ['1', /Expected an object, found a number/],
    ['', /found nothing/],
  ])('refuses the body %j with a 422, whatever is under the key', async (body, text) => {
    await writeText('i', '1');
    for (const key of ['i', 'nothing']) {
      const answer = await http.send('PUT', `${BASE}/${key}/increment`, { body });
      expect(said(answer)).toEqual([422, error(expect.stringMatching(text))]);
    }
    expect(await readText('i')).toBe('{"value":1}');
  });
});

describe('the keys of /api/v1/store', () => {
  it('are keys like any other, with slashes, dots and names of objects in them', async () => {
    for (const key of KEYS) {
      const path = `${BASE}/${segmentOf(key)}`;
      expect((await http.post(path, { value: '1' })).status).toBe(201);
      expect(said(await http.get(path))).toEqual([200, success({ value: '1' })]);
      expect(said(await http.get(`${path}/exists`))).toEqual([200, success({ exists: true })]);
      const answer = await http.put(`${path}/increment`, { increment: 1 });
      expect(said(answer)).toEqual([200, success({ new_value: 2 })]);
      expect((await http.delete(path)).status).toBe(200);
    }
  });

  it('may be the names of the routes, and hold them behind a slash that is %2F', async () => {
    for (const key of ['exists', 'increment', 'a%2Fexists', 'a%2Fincrement']) {
      await http.post(`${BASE}/${key}`, { value: key });
      expect(said(await http.get(`${BASE}/${key}`))).toEqual([200, success({ value: key })]);
    }
    expect((await http.get(`${BASE}/a`)).status).toBe(404);
    expect((await http.get('/kv?prefix=a/')).json()).toEqual({ keys: ['a/exists', 'a/increment'] });
  });
});

describeCommonRefusals(() => http, {
  path: (segment) => `${BASE}/${segment}`,
  write: 'POST',
  unknown: `${BASE}/a/nothing`,
  allow: 'GET, HEAD, POST, DELETE',
  body: (value) => `{"value":${value}}`,
  form: error,
});

describe('the other refusals', () => {
  it.each([
    ['PUT', '/k', 'GET, HEAD, POST, DELETE'],
    ['POST', '/k/exists', 'GET, HEAD'],
    ['GET', '/k/increment', 'PUT'],
    ['POST', '/k/increment', 'PUT'],
  ])('%s %s is a 405 with Allow: %s', async (method, path, allow) => {
    const answer = await http.send(method, `${BASE}${path}`);
    expect(said(answer)).toEqual([405, error(expect.stringMatching(/is not allowed here/))]);
    expect(answer.headers.allow).toBe(allow);
  });

  it('an empty key is a 400, and the path without one a 404', async () => {
    expect(said(await http.get(`${BASE}/`))).toEqual([400, error(expect.stringMatching(/key is empty/))]);
    expect(said(await http.get(`${BASE}//exists`))).toEqual([400, error(expect.stringMatching(/key is empty/))]);
    expect(said(await http.get(BASE))).toEqual([404, error(expect.stringMatching(/nothing at this path/))]);
  });

  it('a full store is a 507', async () => {
    const full = await services.start({ env: { STORE: 'memory', MAX_MEMORY_BYTES: '2000' } });
    const answer = await full.http.post(`${BASE}/b`, { value: 'x'.repeat(5000) });
    expect(said(answer)).toEqual([507, error(expect.any(String))]);
  });
});
