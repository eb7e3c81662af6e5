import { beforeAll, describe, expect, it } from '@jest/globals';
import { useTestServices, type HttpClient, type ServiceProcess } from '@kvasir/test-harness';
import { contentsOf, expectProblem } from './testing/expectations.js';
import { foreignLine, logLines, ownLine, secondsAgo, writeLog } from './testing/log-file.js';

const services = useTestServices();

describe('the ttl of a PUT', () => {
  let service: ServiceProcess;
  let http: HttpClient;

  beforeAll(async () => {
    service = await services.start();
    ({ http } = service);
  });

  const put = (key: string, ttl: string) => http.send('PUT', `/kv/${key}`, { body: `{"value":"v","ttl":${ttl}}` });
  const lastLine = () => JSON.parse(logLines(service.directory).at(-1) ?? '') as Record<string, unknown>;

  it.each([
    ['1', 1],
    ['300', 300],
    ['5.0', 5],
    ['1e2', 100],
    ['1E+2', 100],
    ['0.5e1', 5],
    ['120e-1', 12],
    ['3153600000', 3_153_600_000],
    ['3.1536e9', 3_153_600_000],
  ])('may be %s', async (ttl, seconds) => {
    expect((await put('a', ttl)).json()).toEqual({ success: true });
    expect(lastLine()).toMatchObject({ op: 'set', key: 'a', ttl: seconds });
    expect((await http.get('/kv/a')).json()).toEqual({ value: 'v' });
  });

  it('is for ever when it is null or absent, whatever it was before', async () => {
    await put('a', '100');
    expect((await put('a', 'null')).status).toBe(200);
    expect(lastLine()).not.toHaveProperty('ttl');
    await put('a', '100');
    await http.put('/kv/a', { value: 2 });
    expect(lastLine()).not.toHaveProperty('ttl');
    expect((await http.get('/kv/a')).json()).toEqual({ value: 2 });
  });

  it.each(['0', '-0', '0.0', '0e5', '-1', '-5.0', '-1e2', '-3153600001', '-99999999999999999999', '-1e400'])(
    'of %s means that the key is gone at once',
    async (ttl) => {
      await http.put('/kv/a', { value: 'before' });
      for (const key of ['a', 'new']) {
        expect((await put(key, ttl)).json()).toEqual({ success: true });
        expectProblem(await http.get(`/kv/${key}`), 404, /^key not found$/);
        expectProblem(await http.delete(`/kv/${key}`), 404, /^key not found$/);
      }
      expect(await contentsOf(http)).toEqual({ keys: [], figures: { keys: 0, size_bytes: 0 } });
    },
  );

  it.each([
    '5.5',
    '1e-1',
    '-5.5',
    '3153600001',
    '3153600000.5',
    '3.1536000001e9',
    '1e400',
    '9007199254740993',
    '"5"',
    '""',
    '"never"',
    'true',
    'false',
    '[]',
    '[5]',
    '{}',
  ])('of %s is refused with a 400 that shows it, and nothing changes', async (ttl) => {
    await http.put('/kv/a', { value: 'before' });
    const before = logLines(service.directory).length;
    const answer = await put('a', ttl);
    expectProblem(answer, 400, /'ttl'/);
    expect((answer.json() as { error: string }).error).toContain(ttl);
    expect((await http.get('/kv/a')).json()).toEqual({ value: 'before' });
    expect(logLines(service.directory)).toHaveLength(before);
  });
});

describe('a key whose time is over', () => {
  it('is a 404, in no listing and in no count, until it is written again', async () => {
    const directory = services.directory();
    const set = (key: string, ttl: number | undefined, ago: number) =>
      foreignLine({ op: 'set', key, value: 'v', ttl, timestamp: secondsAgo(ago) });
    writeLog(
      directory,
      set('expired', 60, 61) +
        set('expiring later', 3600, 61) +
        set('for ever', undefined, 1e9) +
        set('x expired', 1, 5),
    );
    // No sweep comes to help: what is seen depends on the time alone.
    const { http } = await services.start({ directory, env: { PURGE_INTERVAL_MS: '2000000000' } });
    expectProblem(await http.get('/kv/expired'), 404, /^key not found$/);
    expectProblem(await http.delete('/kv/expired'), 404, /^key not found$/);
    expect((await http.post('/kv/batch', { operations: [{ op: 'get', key: 'x expired' }] })).json()).toEqual({
      success: true,
      results: [{ error: 'key not found' }],
    });
    expect(await contentsOf(http)).toEqual({
      keys: ['expiring later', 'for ever'],
      figures: { keys: 2, size_bytes: 6 },
    });
    expect((await http.get('/kv?prefix=x')).json()).toEqual({ keys: [] });
    await http.put('/kv/expired', { value: 'again' });
    expect((await http.get('/kv/expired')).json()).toEqual({ value: 'again' });
    expect(await contentsOf(http)).toMatchObject({ figures: { keys: 3, size_bytes: 13 } });
  });

  it('has used its time up while the service was down, in our own log too', async () => {
    const directory = services.directory();
    writeLog(
      directory,
      ownLine({ op: 'set', key: 'gone', value: 1, ttl: 60, timestamp: secondsAgo(61) }, 1) +
        ownLine({ op: 'set', key: 'there', value: 2, ttl: 3600, timestamp: secondsAgo(61) }, 2) +
        ownLine({ op: 'set', key: 'renewed', value: 3, ttl: 60, timestamp: secondsAgo(120) }, 3) +
        ownLine({ op: 'set', key: 'renewed', value: 4, timestamp: secondsAgo(90) }, 4),
    );
    const { http, troubles } = await services.start({ directory });
    expect(troubles).toEqual([]);
    expect(await contentsOf(http)).toMatchObject({ keys: ['renewed', 'there'] });
    expect((await http.get('/kv/renewed')).json()).toEqual({ value: 4 });
  });

  it('goes as time passes, its memory with it; one that was overwritten without a ttl stays', async () => {
    const { http } = await services.start({ env: { PURGE_INTERVAL_MS: '20', MAX_MEMORY_BYTES: '1990000' } });
    const big = 'x'.repeat(1_000_000);
    await http.put('/kv/overwritten', { value: 1, ttl: 1 });
    await http.put('/kv/overwritten', { value: 2 });
    expect((await http.put('/kv/big', { value: big, ttl: 2 })).status).toBe(200);
    expect((await http.get('/kv/big')).json()).toEqual({ value: big });
    expectProblem(await http.put('/kv/big2', { value: big }), 507);

    const deadline = Date.now() + 10_000;
    while ((await http.put('/kv/big2', { value: big })).status === 507) {
      if (Date.now() > deadline) throw new Error('the memory of an expired key was not freed');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expectProblem(await http.get('/kv/big'), 404, /^key not found$/);
    expect(await contentsOf(http)).toEqual({
      keys: ['big2', 'overwritten'],
      figures: { keys: 2, size_bytes: 1_000_003 },
    });
  });
});
