import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { useTestServices, type ServiceProcess } from '@kvasir/test-harness';
import { contentsOf, expectProblem } from './testing/expectations.js';

const services = useTestServices();

const KEY = 's3cret';

interface LogFigures {
  readonly bytes: number;
  readonly live_bytes: number;
  readonly compaction: { readonly running: boolean; readonly completed: number; readonly last: unknown };
}

async function logFigures({ http }: ServiceProcess): Promise<LogFigures> {
  return ((await http.get('/stats')).json() as { log: LogFigures }).log;
}

function compact({ http }: ServiceProcess, key: string | undefined, method = 'POST') {
  return http.send(method, '/admin/compact', { headers: key === undefined ? {} : { 'x-api-key': key } });
}

describe('POST /admin/compact', () => {
  it('compacts the log: 202 at once, progress in /stats, the same keys and values afterwards', async () => {
    const service = await services.start({ env: { ADMIN_KEY: KEY } });
    for (let i = 0; i < 50; i++) await service.http.put('/kv/a', { value: i });
    await service.http.put('/kv/b', { value: { x: 1 }, ttl: 1000 });
    const before = await contentsOf(service.http);
    const { bytes, live_bytes: live } = await logFigures(service);
    expect(bytes).toBe(readFileSync(join(service.directory, 'wal.log')).length);
    expect(bytes).toBeGreaterThan(5 * live);

    const answer = await compact(service, KEY);
    expect([answer.status, answer.json()]).toEqual([202, { success: true, started: true }]);
    await service.logLine(({ msg }) => msg === 'the log was compacted');
    const figures = await logFigures(service);
    expect(figures).toMatchObject({
      bytes: readFileSync(join(service.directory, 'wal.log')).length,
      compaction: {
        running: false,
        progress: null,
        completed: 1,
        failed: 0,
        last: { bytes_before: bytes, bytes_after: figures.bytes, entries: 2 },
        last_error: null,
      },
    });
    expect(figures.bytes).toBeLessThan(bytes / 5);

    await service.kill();
    const again = await services.start({ directory: service.directory });
    expect(await contentsOf(again.http)).toEqual(before);
    expect((await again.http.get('/kv/a')).json()).toEqual({ value: 49 });
  });

  it('is a 401 without the key or with a wrong one, and does nothing then', async () => {
    const service = await services.start({ env: { ADMIN_KEY: KEY } });
    for (const key of [undefined, '', 'S3cret', `${KEY}x`])
      expectProblem(await compact(service, key), 401, /x-api-key/);
    expect((await logFigures(service)).compaction).toMatchObject({ running: false, completed: 0 });
  });

  it('is a 405 with another method', async () => {
    const service = await services.start({ env: { ADMIN_KEY: KEY } });
    const answer = await compact(service, KEY, 'GET');
    expectProblem(answer, 405);
    expect(answer.headers['allow']).toBe('POST');
  });

  it('is not there without an ADMIN_KEY', async () => {
    const service = await services.start();
    expect((await compact(service, KEY)).status).toBe(404);
    expect((await service.http.get('/docs-json')).text).not.toContain('/admin');
  });

  it('is a 404 for an engine that keeps no log, whose stats say nothing of one', async () => {
    const service = await services.start({ env: { ADMIN_KEY: KEY, STORE: 'memory' } });
    expectProblem(await compact(service, KEY), 404, /no log/);
    expect((await service.http.get('/stats')).json()).toEqual({ keys: 0, size_bytes: 0, revision: 0 });
  });
});

describe('compaction by itself', () => {
  it('begins at the size and ratio of the configuration', async () => {
    const service = await services.start({ env: { WAL_COMPACT_MIN_BYTES: '20000', WAL_COMPACT_RATIO: '4' } });
    const value = 'x'.repeat(1000);
    for (let i = 0; i < 25; i++) await service.http.put('/kv/a', { value });
    await service.logLine(({ msg }) => msg === 'the log was compacted');
    expect((await logFigures(service)).bytes).toBeLessThan(10_000);
  });
});

describe('MAX_MEMORY_BYTES', () => {
  it('past it writes that grow the store are a 507, and reads, deletes and the like go on', async () => {
    const service = await services.start({ env: { MAX_MEMORY_BYTES: '100000' } });
    const { http } = service;
    const value = 'x'.repeat(1000);
    let count = 0;
    while ((await http.put(`/kv/key${count}`, { value })).status === 200) count++;
    expect(count).toBeGreaterThan(80);
    expectProblem(await http.put('/kv/more', { value }), 507, /the store is full/);
    expect((await http.post('/kv/batch', { operations: [{ op: 'set', key: 'more', value }] })).status).toBe(507);
    expect((await http.get('/kv/key0')).status).toBe(200);
    expect((await http.put('/kv/key0', { value: 'small' })).status).toBe(200);
    expect((await http.delete('/kv/key1')).status).toBe(200);
    expect((await http.put('/kv/more', { value })).status).toBe(200);
    expect((await contentsOf(http)).figures.keys).toBe(count);
    await service.stop();
    const again = await services.start({ directory: service.directory, env: { MAX_MEMORY_BYTES: '100000' } });
    expect((await contentsOf(again.http)).figures.keys).toBe(count);
    await again.stop();

    const { code, stdout } = await services.run({ directory: service.directory, env: { MAX_MEMORY_BYTES: '50000' } });
    expect(code).toBe(1);
    expect(stdout).toContain('holds more than memory may');
  });

  it('is warned of when the heap does not hold it', async () => {
    const service = await services.start({
      env: { MAX_MEMORY_BYTES: '4000000000' },
      nodeFlags: ['--max-old-space-size=512'],
    });
    const line = await service.logLine(({ msg }) => msg.startsWith('MAX_MEMORY_BYTES is 4000000000'));
    expect(line.level).toBe(40);
  });
});

describe('a log whose time is ahead of the clock', () => {
  it('is warned of, as nothing expires until the clock gets there', async () => {
    const directory = services.directory();
    const timestamp = Math.floor(Date.now() / 1000) + 3600;
    writeFileSync(join(directory, 'wal.log'), `{"op":"set","key":"a","value":1,"timestamp":${timestamp}}\n`);
    const service = await services.start({ directory });
    const isWarning = /^the log's last timestamp is 3[56]\d\d s ahead/;
    expect((await service.logLine(({ msg }) => isWarning.test(msg))).level).toBe(40);
  });
});
