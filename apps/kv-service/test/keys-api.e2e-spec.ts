import { beforeAll, describe, expect, it } from '@jest/globals';
import { useTestServices, type HttpClient, type ServiceProcess } from '@kvasir/test-harness';
import { logLines } from './testing/log-file.js';
import { KEYS, spaced, VALUE_TEXTS } from './testing/texts.js';
import { changes, describeCommonRefusals, said, segmentOf } from './testing/wire-errors.js';

const services = useTestServices();
const STORED = { success: true, message: 'Value stored successfully' };
const error = (text: unknown) => ({ detail: { success: false, error: text } });

let service: ServiceProcess;
let http: HttpClient;

beforeAll(async () => {
  service = await services.start();
  ({ http } = service);
});

const body = (key: string, value: string): string => `{"key":${JSON.stringify(key)},"value":${value}}`;
const lastLine = () => JSON.parse(logLines(service.directory).at(-1) ?? '') as Record<string, unknown>;

describe('GET /health', () => {
  it('says that the service is healthy', async () => {
    expect(said(await http.get('/health'))).toEqual([200, { status: 'healthy' }]);
  });
});

describe.each([
  ['POST', 201],
  ['PUT', 200],
] as const)('%s /keys/{key}', (method, status) => {
  it(`stores a new value with a ${status}, and overwrites`, async () => {
    await http.delete('/keys/user:1');
    for (const value of ['"first"', '{"second":2}']) {
      const answer = await http.send(method, '/keys/user:1', { body: body('user:1', value) });
      expect(said(answer)).toEqual([status, STORED]);
      expect((await http.get('/keys/user:1')).text).toBe(`{"success":true,"key":"user:1","value":${value}}`);
    }
  });

  it('writes a key that never expires, and removes a TTL', async () => {
    await http.put('/kv/t', { value: 1, ttl: 100 });
    await http.send(method, '/keys/t', { body: body('t', '2') });
    expect(lastLine()).toMatchObject({ op: 'set', key: 't', value: 2 });
    expect(lastLine()).not.toHaveProperty('ttl');
  });

  it('takes members that it does not know, and members in any order', async () => {
    const answer = await http.send(method, '/keys/u', { body: '{"ttl":1,"value":null,"x":{"key":1},"key":"u"}' });
    expect(said(answer)).toEqual([status, STORED]);
    expect((await http.get('/keys/u')).text).toBe('{"success":true,"key":"u","value":null}');
  });

  it('keeps every JSON value as the text that it was sent as, without white space between its tokens', async () => {
    for (const text of VALUE_TEXTS) {
      expect((await http.send(method, '/keys/v', { body: body('v', spaced(text)) })).status).toBe(status);
      expect((await http.get('/keys/v')).text).toBe(`{"success":true,"key":"v","value":${text}}`);
    }
  });

  it('takes every key, percent-encoded in the path and as it is in the body', async () => {
    for (const key of KEYS) {
      const path = `/keys/${segmentOf(key)}`;
      expect(said(await http.send(method, path, { body: body(key, '1') }))).toEqual([status, STORED]);
      expect(said(await http.get(path))).toEqual([200, { success: true, key, value: 1 }]);
      expect(said(await http.delete(path))).toEqual([200, { success: true, message: 'Key deleted successfully' }]);
    }
  });

  it.each([
    ['"b"', "Key in path 'a' does not match key in body 'b'"],
    ['""', "Key in path 'a' does not match key in body ''"],
    ['"A"', "Key in path 'a' does not match key in body 'A'"],
    ['"\\ud800"', "Key in path 'a' does not match key in body '\ud800'"],
  ])('refuses the key %s in the body of /keys/a with a 400', async (key, text) => {
    const changed = await changes(http, async () => {
      const answer = await http.send(method, '/keys/a', { body: `{"key":${key},"value":1}` });
      expect(said(answer)).toEqual([400, error(text)]);
    });
    expect(changed).toBe(false);
  });

  const missing = (...loc: (string | number)[]) => ({ loc: ['body', ...loc], msg: 'Field required', type: 'missing' });
  const notAString = { loc: ['body', 'key'], msg: 'Input should be a valid string', type: 'string_type' };
  const notAnObject = {
    loc: ['body'],
    msg: 'Input should be a valid dictionary or object to extract fields from',
    type: 'model_attributes_type',
  };
  const notJson = (offset: number, problem: string) => ({
    loc: ['body', offset],
    msg: expect.stringMatching(new RegExp(`^JSON decode error: .*${problem}.* at byte ${offset}$`)),
    type: 'json_invalid',
  });

  it.each([
    ['{"key":"a"}', [missing('value')]],
    ['{"value":1}', [missing('key')]],
    ['{}', [missing('key'), missing('value')]],
    ['{"key":5}', [notAString, missing('value')]],
    ['{"key":5,"value":1}', [notAString]],
    ['{"key":null,"value":1}', [notAString]],
    ['{"key":["a"],"value":1}', [notAString]],
    ['', [missing()]],
    ['null', [missing()]],
    ['[]', [notAnObject]],
    ['"a"', [notAnObject]],
    ['5', [notAnObject]],
    ['{"key":"a","value":}', [notJson(19, 'Expected a value')]],
    ['{"key":"a","value":1', [notJson(20, 'the end of the text')]],
    ['{"key":"a","value":1}}', [notJson(21, 'Expected the end')]],
    ['{"key":"a","value":01}', [notJson(20, 'leading zero')]],
    ["{'key':'a'}", [notJson(1, 'member name')]],
    ['{"é":nul}', [notJson(9, 'Expected null')]],
    ['null x', [notJson(5, 'Expected the end')]],
    [' ', [notJson(0, 'found nothing')]],
    ['\uFEFF{}', [notJson(0, 'byte order mark')]],
    ['{"key":"a","value":1,"value":1}', [notJson(21, 'given twice')]],
    ['{"key":"a","key":"a","value":1}', [notJson(11, 'given twice')]],
  ])('refuses the body %j with a 422 that tells each misfit', async (text, detail) => {
    const changed = await changes(http, async () => {
      expect(said(await http.send(method, '/keys/a', { body: text }))).toEqual([422, { detail }]);
    });
    expect(changed).toBe(false);
  });

  it('refuses bytes that are not UTF-8 with a 422', async () => {
    const bytes = Buffer.from('{"key":"a","value":"\xff"}', 'latin1');
    const answer = await http.send(method, '/keys/a', { body: bytes });
    expect(said(answer)).toEqual([422, { detail: [notJson(20, 'not UTF-8')] }]);
  });
});

describe('GET and DELETE /keys/{key}', () => {
  it('delete a key, which is then a 404', async () => {
    await http.put('/keys/x', { key: 'x', value: 1 });
    expect(said(await http.delete('/keys/x'))).toEqual([200, { success: true, message: 'Key deleted successfully' }]);
    expect(said(await http.get('/keys/x'))).toEqual([404, error("Key 'x' not found")]);
    expect(said(await http.delete('/keys/x'))).toEqual([404, error("Key 'x' not found")]);
  });

  it('name the key as it is when decoded', async () => {
    expect(said(await http.get('/keys/it%27s%20%22a%2Fb%22'))).toEqual([404, error("Key 'it's \"a/b\"' not found")]);
  });

  it('answer HEAD like GET, without the body', async () => {
    await http.put('/keys/h', { key: 'h', value: 'é' });
    const head = await http.send('HEAD', '/keys/h');
    expect([head.status, head.text, head.headers['content-length']]).toEqual([
      200,
      '',
      String(Buffer.byteLength('{"success":true,"key":"h","value":"é"}')),
    ]);
    expect((await http.send('HEAD', '/keys/nothing')).status).toBe(404);
  });
});

describeCommonRefusals(() => http, {
  path: (segment) => `/keys/${segment}`,
  write: 'POST',
  unknown: '/keys/a/b',
  allow: 'GET, HEAD, PUT, POST, DELETE',
  body: (value) => body('k', value),
  form: error,
});

describe('the other refusals', () => {
  it('an empty key is a 400', async () => {
    for (const method of ['GET', 'DELETE']) {
      expect(said(await http.send(method, '/keys/'))).toEqual([400, error(expect.stringMatching(/key is empty/))]);
    }
  });

  it('a full store is a 507, and what is there can still be read and deleted', async () => {
    const full = await services.start({ env: { STORE: 'memory', MAX_MEMORY_BYTES: '2000' } });
    expect((await full.http.post('/keys/a', { key: 'a', value: 'x' })).status).toBe(201);
    const answer = await full.http.post('/keys/b', { key: 'b', value: 'x'.repeat(5000) });
    expect(said(answer)).toEqual([507, error(expect.any(String))]);
    expect((await full.http.get('/keys/b')).status).toBe(404);
    expect((await full.http.delete('/keys/a')).status).toBe(200);
  });
});
