import { beforeAll, describe, expect, it } from '@jest/globals';
import { useTestServices, type HttpClient, type ServiceProcess } from '@kvasir/test-harness';
import { foreignLine, logLines, secondsAgo, writeLog } from './testing/log-file.js';
import {
  added,
  deleted,
  error,
  exists,
  notFound,
  recordCalls,
  reserved,
  success,
  unchanged,
} from './testing/records.js';
import { KEYS, spaced, VALUE_TEXTS } from './testing/texts.js';
import { changes, describeCommonRefusals, said, segmentOf } from './testing/wire-errors.js';

const services = useTestServices();
let service: ServiceProcess;
let http: HttpClient;

beforeAll(async () => {
  service = await services.start();
  ({ http } = service);
});

const { newKey, put, lines } = recordCalls(() => service);

describe('PUT /{key}', () => {
  it('adds a record, and never changes one', async () => {
    const key = newKey();
    expect(said(await put(key, '{"value":{"n":1}}'))).toEqual(added(key));
    for (const value of ['{"n":1}', 'null', '2']) {
      expect(said(await put(key, `{"value":${value}}`))).toEqual(exists(key));
      expect((await http.get(`/${key}`)).text).toBe(`{"key":"${key}","value":{"n":1}}`);
    }
  });

  it('is refused for a key that another API has written, until that is deleted', async () => {
    const key = newKey();
    await http.put(`/kv/${key}`, { value: 1 });
    expect(said(await put(key, '{"value":2}'))).toEqual(exists(key));
    await http.delete(`/kv/${key}`);
    expect(said(await put(key, '{"value":2}'))).toEqual(added(key));
  });

  it.each(['false', '0', '""', 'null', '[]', '{}'])('takes %s for a value', async (value) => {
    const key = newKey();
    expect(said(await put(key, `{"value":${value}}`))).toEqual(added(key));
    expect((await http.get(`/${key}`)).text).toBe(`{"key":"${key}","value":${value}}`);
  });

  it('keeps every JSON value as the text that it was sent as, without white space between its tokens', async () => {
    for (const text of VALUE_TEXTS) {
      const key = newKey();
      expect(said(await put(key, `{"other":1,"value":${spaced(text)}}`))).toEqual(added(key));
      expect((await http.get(`/${key}`)).text).toBe(`{"key":"${key}","value":${text}}`);
    }
  });

  it.each([
    ['', 30],
    [',"tll":null', 30],
    [',"ttl":null', 30],
    [',"tll":1', 1],
    [',"ttl":1', 1],
    [',"tll":5.0', 5],
    [',"tll":1e2', 100],
    [',"tll":"7"', 7],
    [',"ttl":"007"', 7],
    [String.raw`,"tll":"\u0037"`, 7],
    [',"tll":52560000', 52_560_000],
    [',"tll":"52560000"', 52_560_000],
  ])('with %j lives %i minutes', async (member, minutes) => {
    const key = newKey();
    expect(said(await put(key, `{"value":1${member}}`))).toEqual(added(key));
    expect(lines().at(-1)).toMatchObject({ op: 'set', key, value: 1, ttl: minutes * 60 });
  });

  it('lives TLL_DEFAULT minutes when its request does not say', async () => {
    const other = await services.start({ env: { TLL_DEFAULT: '2' } });
    await other.http.put('/a', { value: 1 });
    await other.http.put('/bulk', [{ method: 'PUT', key: 'b', value: 1 }]);
    await other.http.put('/c', { value: 1, tll: 3 });
    const ttls = logLines(other.directory).map((line) => (JSON.parse(line) as { ttl?: number }).ttl);
    expect(ttls).toEqual([120, 120, 180]);
  });

  it.each([
    '0',
    '-1',
    '1.5',
    '52560001',
    '1e400',
    'true',
    '[]',
    '[5]',
    '{}',
    '""',
    '"0"',
    '"-1"',
    '"+1"',
    '" 1"',
    '"1.0"',
    '"1e2"',
    '"0x10"',
    '"٣"',
    '"abc"',
    '"52560001"',
    `"${'9'.repeat(400)}"`,
  ])('refuses a tll of %s, and a ttl too', async (tll) => {
    const key = newKey();
    const changed = await changes(http, async () => {
      for (const name of ['tll', 'ttl']) {
        expect(said(await put(key, `{"value":1,"${name}":${tll}}`))).toEqual(unchanged('TLL is invalid'));
      }
    });
    expect(changed).toBe(false);
  });

  it.each(['"tll":1,"ttl":1', '"ttl":1,"tll":2', '"tll":1,"ttl":null', '"tll":null,"ttl":null'])(
    'refuses both spellings at once: %s',
    async (both) => {
      expect(said(await put(newKey(), `{"value":1,${both}}`))).toEqual(unchanged('TLL is invalid'));
    },
  );

  it.each(['{}', '{"Value":1}', '{"tll":5}', '{"tll":"bad"}'])("refuses %s, which has no 'value'", async (body) => {
    const changed = await changes(http, async () => {
      expect(said(await put(newKey(), body))).toEqual(unchanged("JSON Body misses the 'value' attribute"));
    });
    expect(changed).toBe(false);
  });

  it.each([
    '',
    ' ',
    '{"value":1',
    '{"value":}',
    '{"value":1}}',
    '{"value":01}',
    '{value:1}',
    'value',
    '\uFEFF{"value":1}',
    '[]',
    '[{"value":1}]',
    '"value"',
    '5',
    'null',
    '{"value":1,"value":1}',
    '{"value":1,"x":1,"x":1}',
  ])('refuses the body %j', async (body) => {
    const changed = await changes(http, async () => {
      expect(said(await put(newKey(), body))).toEqual(unchanged('JSON Body is invalid'));
    });
    expect(changed).toBe(false);
  });

  it('refuses bytes that are not UTF-8', async () => {
    const body = Buffer.from('{"value":"\xff"}', 'latin1');
    expect(said(await http.send('PUT', `/${newKey()}`, { body }))).toEqual(unchanged('JSON Body is invalid'));
  });
});

describe('GET and DELETE /{key}', () => {
  it('find a record until it is deleted, after which it can be added again', async () => {
    const key = newKey();
    expect(said(await http.get(`/${key}`))).toEqual(notFound(key));
    expect(said(await http.delete(`/${key}`))).toEqual(notFound(key));
    await put(key, '{"value":1}');
    expect(said(await http.get(`/${key}`))).toEqual([200, { key, value: 1 }]);
    expect(said(await http.delete(`/${key}`))).toEqual(deleted(key));
    expect(said(await http.get(`/${key}`))).toEqual(notFound(key));
    expect(said(await put(key, '{"value":2}'))).toEqual(added(key));
  });

  it('do not find a record whose time is over, which can be added again, in bulk too', async () => {
    const directory = services.directory();
    const over = (key: string) => foreignLine({ op: 'set', key, value: 1, ttl: 60, timestamp: secondsAgo(61) });
    writeLog(directory, over('one') + over('two') + over('three'));
    const late = (await services.start({ directory })).http;
    expect(said(await late.get('/one'))).toEqual(notFound('one'));
    expect(said(await late.delete('/one'))).toEqual(notFound('one'));
    expect(said(await late.put('/one', { value: 2 }))).toEqual(added('one'));
    expect((await late.put('/bulk', [{ method: 'PUT', key: 'two', value: 2 }])).status).toBe(200);
    expect((await late.put('/bulk', [{ method: 'GET', key: 'three' }])).status).toBe(400);
  });

  it('answer HEAD like GET, without the body', async () => {
    const key = newKey();
    await put(key, '{"value":1}');
    const head = await http.send('HEAD', `/${key}`);
    expect([head.status, head.text]).toEqual([200, '']);
    expect((await http.send('HEAD', '/nothing')).status).toBe(404);
    expect((await http.send('HEAD', '/keys')).status).toBe(400);
  });

  it('outlive the service, time and all', async () => {
    const first = await services.start();
    await first.http.put('/kept', { value: 'x', tll: 5 });
    await first.kill();
    const second = await services.start({ directory: first.directory });
    expect(said(await second.http.get('/kept'))).toEqual([200, { key: 'kept', value: 'x' }]);
    expect(said(await second.http.put('/kept', { value: 'y' }))).toEqual(exists('kept'));
  });
});

describe('the keys of records', () => {
  it('are keys like any other: slashes, dots when percent-encoded, names of objects, emoji', async () => {
    const fresh = (await services.start()).http;
    for (const key of KEYS) {
      if (key === 'batch') continue; // a reserved name
      const path = `/${segmentOf(key)}`;
      expect(said(await fresh.put(path, { value: key }))).toEqual(added(key));
      expect(said(await fresh.get(path))).toEqual([200, { key, value: key }]);
      const answer = await fresh.put('/bulk', [
        { method: 'GET', key },
        { method: 'DELETE', key },
      ]);
      // In a bulk nothing is percent-encoded, so a dot in front is one that is not.
      if (key.startsWith('.')) {
        expect(said(answer)).toEqual(reserved(key));
        continue;
      }
      expect(said(answer)).toEqual([
        200,
        {
          ...success('All operations completed. Changes saved.'),
          details: [
            { key, value: key },
            { key, result: 'deleted successfully' },
          ],
        },
      ]);
    }
  });
});

describeCommonRefusals(() => http, {
  path: (segment) => `/${segment}`,
  write: 'PUT',
  unknown: '/a/b/c',
  allow: 'GET, HEAD, PUT, DELETE',
  body: (value) => `{"value":${value}}`,
  form: error,
});
