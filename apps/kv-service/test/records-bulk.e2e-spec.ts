import { beforeAll, describe, expect, it } from '@jest/globals';
import { useTestServices, type HttpClient, type ServiceProcess } from '@kvasir/test-harness';
import { logLines, writeLog } from './testing/log-file.js';
import { error, recordCalls, success, unchanged } from './testing/records.js';
import { spaced, VALUE_TEXTS } from './testing/texts.js';
import { changes, nested, said } from './testing/wire-errors.js';

const services = useTestServices();
let service: ServiceProcess;
let http: HttpClient;

beforeAll(async () => {
  service = await services.start();
  ({ http } = service);
});

const { newKey, put, bulk, lines } = recordCalls(() => service);

describe('PUT /bulk', () => {
  const done = (...details: unknown[]) => [200, { ...success('All operations completed. Changes saved.'), details }];
  const refused = (...details: unknown[]) => [
    400,
    { ...error('Not all operations were correct. No changes were made.'), details },
  ];
  const gone = (key: string) => ({ key, result: `Record with the key '${key}' does not exists` });
  const there = (key: string) => ({
    key,
    result: `Record with the key '${key}' already exists and can not be modified`,
  });

  it('does everything in order, each operation seeing the ones before it', async () => {
    const key = newKey();
    const operations = [
      { method: 'PUT', key, value: { n: 1 }, tll: 2 },
      { method: 'GET', key },
      { method: 'DELETE', key },
      { method: 'PUT', key, value: 2, ttl: '3' },
      { method: 'GET', key },
    ];
    expect(said(await http.put('/bulk', operations))).toEqual(
      done(
        { key, result: 'added successfully' },
        { key, value: { n: 1 } },
        { key, result: 'deleted successfully' },
        { key, result: 'added successfully' },
        { key, value: 2 },
      ),
    );
    expect(said(await http.get(`/${key}`))).toEqual([200, { key, value: 2 }]);
    expect(lines().at(-1)).toMatchObject({ key, ttl: 180 });
  });

  it('takes methods in any case, members in any order and members that it does not know', async () => {
    const key = newKey();
    const body = `[{"value":1.10,"x":[],"key":"${key}","method":"pUt"},{"key":"${key}","method":"get","tll":"no","value":5},{"key":"${key}","method":"Delete"}]`;
    expect((await bulk(body)).text).toBe(
      `{"status":"Success","message":"All operations completed. Changes saved.","details":[{"key":"${key}","result":"added successfully"},{"key":"${key}","value":1.10},{"key":"${key}","result":"deleted successfully"}]}`,
    );
  });

  it('keeps JSON values as they were sent', async () => {
    const key = newKey();
    for (const text of VALUE_TEXTS) {
      const answer = await bulk(
        `[{"method":"PUT","key":"${key}","value":${spaced(text)}},{"method":"GET","key":"${key}"},{"method":"DELETE","key":"${key}"}]`,
      );
      expect(answer.text).toContain(`{"key":"${key}","value":${text}}`);
    }
  });

  it('has nothing to do for an empty list', async () => {
    expect(said(await bulk(' [ ] '))).toEqual(done());
  });

  it.each(['false', '0', '""', 'null'])('takes %s for a value', async (value) => {
    const key = newKey();
    expect((await bulk(`[{"method":"PUT","key":"${key}","value":${value}}]`)).status).toBe(200);
    expect((await http.get(`/${key}`)).text).toBe(`{"key":"${key}","value":${value}}`);
  });

  it('changes nothing when one operation fails, and names each that did', async () => {
    const [old, fresh, none] = [newKey(), newKey(), newKey()];
    await put(old, '{"value":"old"}');
    const changed = await changes(http, async () => {
      const operations = [
        { method: 'PUT', key: fresh, value: 1 },
        { method: 'PUT', key: old, value: 2 },
        { method: 'GET', key: none },
        { method: 'PUT', key: fresh, value: 2 },
        { method: 'DELETE', key: old },
        { method: 'GET', key: old },
        { method: 'PUT', key: old, value: 3 },
        { method: 'DELETE', key: none },
        { method: 'GET', key: fresh },
      ];
      expect(said(await http.put('/bulk', operations))).toEqual(
        refused(there(old), gone(none), there(fresh), gone(old), gone(none)),
      );
    });
    expect(changed).toBe(false);
    expect(said(await http.get(`/${old}`))).toEqual([200, { key: old, value: 'old' }]);
  });

  it('is one transaction in the log, which is dropped whole when a part of it is missing', async () => {
    const first = await services.start();
    await first.http.put('/before', { value: 1 });
    const operations = ['a', 'b', 'c'].map((key) => ({ method: 'PUT', key, value: key }));
    await first.http.put('/bulk', operations);
    await first.kill();
    const all = logLines(first.directory);
    expect(all).toHaveLength(4);
    // As a power cut in its midst leaves it.
    writeLog(first.directory, `${all.slice(0, 3).join('\n')}\n`);
    const second = await services.start({ directory: first.directory });
    expect((await second.http.get('/kv')).json()).toEqual({ keys: ['before'] });
    expect((await second.http.put('/bulk', operations)).status).toBe(200);
  });

  const ok = '{"method":"PUT","key":"never-there","value":1}';
  it.each([
    // The whole body
    ['', 'JSON Body is invalid'],
    ['[', 'JSON Body is invalid'],
    [`[${ok},]`, 'JSON Body is invalid'],
    [`[${ok}]x`, 'JSON Body is invalid'],
    [`[${ok},{"method":"PUT","key":"x","value":tru}]`, 'JSON Body is invalid'],
    ['[{"method":"nonsense","key":5},', 'JSON Body is invalid'],
    ['[{"key":"a","key":"a","method":"GET"}]', 'JSON Body is invalid'],
    ['\uFEFF[]', 'JSON Body is invalid'],
    ['{}', 'JSON Body must be a List'],
    [ok, 'JSON Body must be a List'],
    ['null', 'JSON Body must be a List'],
    ['"list"', 'JSON Body must be a List'],
    ['5', 'JSON Body must be a List'],
    ['{"a":1', 'JSON Body is invalid'],
    // One operation
    [`[${ok},5]`, 'JSON Body is wrong format'],
    [`[${ok},null]`, 'JSON Body is wrong format'],
    [`[${ok},[${ok}]]`, 'JSON Body is wrong format'],
    [`["GET",${ok}]`, 'JSON Body is wrong format'],
    [`[${ok},{}]`, "JSON Body lacks a 'method'"],
    [`[${ok},{"key":"a","value":1}]`, "JSON Body lacks a 'method'"],
    [`[${ok},{"Method":"GET","key":"a"}]`, "JSON Body lacks a 'method'"],
    [`[${ok},{"method":"POST","key":"a","value":1}]`, "JSON Body 'method' is incorrect"],
    [`[${ok},{"method":"","key":"a"}]`, "JSON Body 'method' is incorrect"],
    [`[${ok},{"method":"GET ","key":"a"}]`, "JSON Body 'method' is incorrect"],
    [`[${ok},{"method":5,"key":"a"}]`, "JSON Body 'method' is incorrect"],
    [`[${ok},{"method":null,"key":"a"}]`, "JSON Body 'method' is incorrect"],
    [`[${ok},{"method":["GET"],"key":"a"}]`, "JSON Body 'method' is incorrect"],
    [`[${ok},{"method":"GET"}]`, "JSON Body 'key' is incorrect"],
    [`[${ok},{"method":"GET","key":5}]`, "JSON Body 'key' is incorrect"],
    [`[${ok},{"method":"GET","key":null}]`, "JSON Body 'key' is incorrect"],
    [`[${ok},{"method":"GET","key":""}]`, "JSON Body 'key' is incorrect"],
    [`[${ok},{"method":"DELETE","key":"a\\u0000b"}]`, "JSON Body 'key' is incorrect"],
    [`[${ok},{"method":"DELETE","key":"\\ud800"}]`, "JSON Body 'key' is incorrect"],
    [`[${ok},{"method":"PUT","key":"${'é'.repeat(513)}","value":1}]`, "JSON Body 'key' is incorrect"],
    [`[${ok},{"method":"PUT","key":"a"}]`, "JSON Body 'value' is invalid (method PUT)"],
    [`[${ok},{"method":"put","key":"a","tll":0}]`, "JSON Body 'value' is invalid (method PUT)"],
    [`[${ok},{"method":"PUT","key":"a","value":1,"tll":0}]`, "JSON Body 'tll' is invalid (method PUT)"],
    [`[${ok},{"method":"PUT","key":"a","value":1,"tll":"x"}]`, "JSON Body 'tll' is invalid (method PUT)"],
    [`[${ok},{"method":"PUT","key":"a","value":1,"ttl":1.5}]`, "JSON Body 'tll' is invalid (method PUT)"],
    [`[${ok},{"method":"PUT","key":"a","value":1,"tll":1,"ttl":1}]`, "JSON Body 'tll' is invalid (method PUT)"],
    // The first misfit is the one that is told
    [`[{"method":"GET"},{"key":"a"},${ok}]`, "JSON Body 'key' is incorrect"],
  ])('refuses the body %j', async (body, problem) => {
    const changed = await changes(http, async () => {
      expect(said(await bulk(body))).toEqual(unchanged(problem));
    });
    expect(changed).toBe(false);
  });

  it('takes 1,000 operations, and refuses 1,001 with a 400 that changes nothing', async () => {
    const operations = Array.from({ length: 1001 }, () => ({ method: 'PUT', key: newKey(), value: 1 }));
    const changed = await changes(http, async () => {
      const answer = await http.put('/bulk', operations);
      expect(said(answer)).toEqual([
        400,
        error(expect.stringMatching(/more than 1000 operations.*No changes were made$/)),
      ]);
    });
    expect(changed).toBe(false);
    const taken = (await http.put('/bulk', operations.slice(1))).json() as { details: unknown[] };
    expect(taken.details).toHaveLength(1000);
  });

  it('takes 64 levels inside a value, and refuses 65', async () => {
    const key = newKey();
    const body = (levels: number) => `[{"method":"PUT","key":"${key}","value":${nested(levels)}}]`;
    expect(said(await bulk(body(65)))).toEqual([
      400,
      error(expect.stringMatching(/deeper than 64 levels.*No changes were made$/)),
    ]);
    expect((await http.get(`/${key}`)).status).toBe(404);
    expect((await bulk(body(64))).status).toBe(200);
  });

  it('answers reads that are longer together than a string can be', async () => {
    const key = newKey();
    await http.put(`/kv/${key}`, { value: 'x'.repeat(1_000_000) });
    const { connection, length } = await readBulkLength(
      JSON.stringify(Array.from({ length: 600 }, () => ({ method: 'GET', key }))),
    );
    connection.destroy();
    expect(length).toBeGreaterThan(600_000_000);
  });

  /** Sends a bulk and counts the bytes of its answer, which is too long to keep. */
  async function readBulkLength(body: string) {
    const connection = await service.connect();
    let length = 0;
    connection.socket.removeAllListeners('data');
    const ended = new Promise<void>((resolve) => {
      connection.socket.on('data', (chunk: Buffer) => (length += chunk.length)).on('close', () => resolve());
    });
    await connection.send(
      `PUT /bulk HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await ended;
    return { connection, length };
  }

  it('has the refusals that every API has, in its own form', async () => {
    const changed = await changes(http, async () => {
      const text = await http.send('PUT', '/bulk', { body: `[${ok}]`, headers: { 'Content-Type': 'text/plain' } });
      expect(said(text)).toEqual([415, error(expect.stringMatching(/application\/json/))]);
      const long = await bulk(`["${'x'.repeat(1_048_576)}"]`);
      expect(said(long)).toEqual([413, error('the body is larger than 1048576 bytes')]);
    });
    expect(changed).toBe(false);
  });

  it('is a 507 as a whole when the store is full', async () => {
    const full = (await services.start({ env: { STORE: 'memory', MAX_MEMORY_BYTES: '2000' } })).http;
    const operations = [
      { method: 'PUT', key: 'small', value: 1 },
      { method: 'PUT', key: 'large', value: 'x'.repeat(5000) },
    ];
    expect(said(await full.put('/bulk', operations))).toEqual([507, error(expect.any(String))]);
    expect((await full.get('/kv')).json()).toEqual({ keys: [] });
    expect(said(await full.put('/large', { value: 'x'.repeat(5000) }))).toEqual([507, error(expect.any(String))]);
  });
});
