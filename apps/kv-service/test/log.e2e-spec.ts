import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { useTestServices, type HttpClient } from '@kvasir/test-harness';
import { contentsOf } from './testing/expectations.js';
import { foreignLine, logLines, secondsAgo, writeLog } from './testing/log-file.js';

const services = useTestServices();

const TRAILER = String.raw`"seq":\d+,"group":\d+,"crc":"[0-9a-f]{8}"\}$`;

describe('wal.log', () => {
  let http: HttpClient;
  let directory: string;

  beforeAll(async () => {
    directory = join(services.directory(), 'not', 'there', 'yet');
    ({ http } = await services.start({ env: { DATA_DIR: directory } }));
  });

  /** The lines that the writes add, which are awaited. */
  async function added(writes: () => Promise<void>): Promise<string[]> {
    const before = logLines(directory).length;
    await writes();
    return logLines(directory).slice(before);
  }

  it('is there, with its folder, once the service has started', () => {
    expect(readFileSync(join(directory, 'wal.log'), 'utf8')).toBe('');
  });

  it('has one line an operation, with the members of the contract in its order, before the answer comes', async () => {
    const from = Date.now() / 1000;
    const lines = await added(async () => {
      const before = logLines(directory).length;
      await http.put('/kv/user:1', { value: 'Alice', ttl: 300 });
      expect(logLines(directory)).toHaveLength(before + 1);
      await http.put('/kv/user:2', { value: { b: 1, a: [2] } });
      expect(logLines(directory)).toHaveLength(before + 2);
      await http.delete('/kv/user:2');
    });
    const to = Date.now() / 1000;
    expect(lines).toEqual([
      expect.stringMatching(
        new RegExp(
          String.raw`^\{"op":"set","key":"user:1","value":"Alice","ttl":300,"timestamp":\d+(\.\d+)?,${TRAILER}`,
        ),
      ),
      expect.stringMatching(
        new RegExp(
          String.raw`^\{"op":"set","key":"user:2","value":\{"b":1,"a":\[2\]\},"timestamp":\d+(\.\d+)?,${TRAILER}`,
        ),
      ),
      expect.stringMatching(new RegExp(String.raw`^\{"op":"delete","key":"user:2","timestamp":\d+(\.\d+)?,${TRAILER}`)),
    ]);
    for (const line of lines) {
      const { timestamp } = JSON.parse(line) as { timestamp: number };
      expect(timestamp).toBeGreaterThanOrEqual(Math.floor(from * 1000) / 1000);
      expect(timestamp).toBeLessThanOrEqual(to);
    }
    // The file ends in a newline: every line is whole.
    expect(readFileSync(join(directory, 'wal.log'), 'utf8')).toMatch(/\}\n$/);
  });

  it('has a line for each write of a batch, and none for a read, a refusal or what changed nothing', async () => {
    const lines = await added(async () => {
      await http.post('/kv/batch', {
        operations: [
          { op: 'set', key: 'a', value: 1 },
          { op: 'get', key: 'a' },
          { op: 'delete', key: 'missing' },
          { op: 'set', key: 'b', value: 2, ttl: 60 },
          { op: 'delete', key: 'a' },
        ],
      });
      await http.get('/kv/b');
      await http.delete('/kv/missing');
      await http.put('/kv/b', { value: 1, ttl: 'x' });
      await http.post('/kv/batch', { operations: [{ op: 'set', key: 'c', value: 1 }, { op: 'nothing' }] });
    });
    const written = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(written).toMatchObject([
      { op: 'set', key: 'a', value: 1 },
      { op: 'set', key: 'b', value: 2, ttl: 60 },
      { op: 'delete', key: 'a' },
    ]);
    expect(new Set(written.map(({ crc }) => crc)).size).toBe(3);
  });

  it('keeps each value on its own line, whatever white space and texts it has', async () => {
    const forged = '{"op":"delete","key":"victim","timestamp":1}';
    const lines = await added(async () => {
      await http.put('/kv/victim', { value: 1 });
      await http.send('PUT', '/kv/a', { body: `{"value":[1,\n${forged}\n\r\n, 2\t]}` });
      await http.put('/kv/b', { value: `\n${forged}\n` });
      await http.put(`/kv/${encodeURIComponent(`\n${forged}\n`)}`, { value: 2 });
    });
    expect(lines).toHaveLength(4);
    expect(lines.filter((line) => !line.startsWith('{"op":"set","key":"'))).toEqual([]);
  });

  it('gives a reader that knows only set and delete the same keys and values', async () => {
    const first = await services.start();
    await first.http.put('/kv/a', { value: { deep: ['é', null] } });
    await first.stop();
    const second = await services.start({ directory: first.directory });
    await second.http.put('/kv/b', { value: 1 });
    await second.http.put('/kv/a', { value: 2 });
    await second.http.put('/kv/c', { value: 3 });
    await second.http.delete('/kv/c');
    await second.stop();

    const lines = logLines(first.directory).map((line) => JSON.parse(line) as Record<string, unknown>);
    const read = new Map<unknown, unknown>();
    for (const { op, key, value } of lines) {
      if (op === 'set') read.set(key, value);
      else if (op === 'delete') read.delete(key);
    }
    expect(Object.fromEntries(read)).toEqual({ a: 2, b: 1 });
    expect(new Set(lines.map(({ op }) => op))).toEqual(new Set(['set', 'delete', 'seal']));
    expect(lines.filter(({ op }) => op === 'seal').some((line) => 'key' in line || 'value' in line)).toBe(false);
  });
});

describe("another program's log", () => {
  it('is replayed like our own, and goes on as ours', async () => {
    const directory = services.directory();
    const now = secondsAgo(0);
    const log =
      foreignLine({ op: 'set', key: 'seconds', value: 'Alice', ttl: 300, timestamp: now - 100 }) +
      foreignLine({ op: 'set', key: 'seconds expired', value: 1, ttl: 300, timestamp: now - 301 }) +
      foreignLine({ op: 'set', key: 'fraction', value: 1, ttl: 300, timestamp: now - 100.25 }) +
      foreignLine({ op: 'set', key: 'ms', value: 2, ttl: 300, timestamp: (now - 100) * 1000 }) +
      foreignLine({ op: 'set', key: 'ms expired', value: 2, ttl: 300, timestamp: (now - 301) * 1000 }) +
      foreignLine({ op: 'set', key: 'for ever', value: null, timestamp: 1_234_567_890 }) +
      foreignLine({ op: 'set', key: 'null ttl', value: 0, ttl: null, timestamp: 1_234_567_890 }) +
      foreignLine({ op: 'set', key: 'overwritten', value: 1, ttl: 1, timestamp: now - 100 }) +
      foreignLine({ op: 'set', key: 'overwritten', value: 2, timestamp: now - 99.5 }) +
      foreignLine({ op: 'set', key: 'deleted', value: 1, timestamp: now - 50 }) +
      foreignLine({ op: 'delete', key: 'deleted', timestamp: now - 49 }) +
      '{"op":"set","key":"as sent","value":{"n": 1.10, "n": 12345678901234567890},"timestamp":1234567890}';
    writeLog(directory, log);
    const first = await services.start({ directory });
    expect(first.troubles).toEqual([]);
    const expected = ['as sent', 'for ever', 'fraction', 'ms', 'null ttl', 'overwritten', 'seconds'];
    expect((await contentsOf(first.http)).keys).toEqual(expected);
    expect((await first.http.get('/kv/overwritten')).json()).toEqual({ value: 2 });
    expect((await first.http.get('/kv/as%20sent')).text).toBe('{"value":{"n":1.10,"n":12345678901234567890}}');

    await first.http.put('/kv/ours', { value: 'new' });
    await first.http.delete('/kv/ms');
    await first.kill();
    // What the other program wrote stays as it was, and our lines begin on lines of their own.
    expect(readFileSync(join(directory, 'wal.log'), 'utf8').startsWith(`${log}\n{"op":"set","key":"ours"`)).toBe(true);
    const second = await services.start({ directory });
    expect((await contentsOf(second.http)).keys).toEqual([...expected.filter((key) => key !== 'ms'), 'ours'].sort());
  });

  it('makes the service refuse to start, unchanged, when a line in its midst is damaged', async () => {
    const directory = services.directory();
    const line = foreignLine({ op: 'set', key: 'a', value: 1, timestamp: 1_234_567_890 });
    const log = `${line}{"op":"set","key":"b","val\n${line}`;
    writeLog(directory, log);
    const { code, stdout } = await services.run({ directory });
    expect(code).toBe(1);
    expect(stdout).toContain('wal.log');
    expect(stdout).toMatch(/line 2/);
    expect(readFileSync(join(directory, 'wal.log'), 'utf8')).toBe(log);
  });
});

describe('our own log', () => {
  it('loses a torn tail, kept beside it with a warning, and nothing before it', async () => {
    const first = await services.start();
    await first.http.put('/kv/a', { value: 1 });
    await first.http.put('/kv/b', { value: 2 });
    await first.kill();
    const whole = readFileSync(join(first.directory, 'wal.log'), 'utf8');
    writeLog(first.directory, whole.slice(0, -10));
    const second = await services.start({ directory: first.directory });
    expect(await contentsOf(second.http)).toMatchObject({ keys: ['a'] });
    const [warning] = second.troubles;
    expect(existsSync(warning?.['savedTo'] as string)).toBe(true);
    expect(readFileSync(warning?.['savedTo'] as string, 'utf8')).toBe(whole.split('\n')[1]?.slice(0, -9));
  });

  it('makes the service refuse to start, unchanged, when it is damaged in its midst', async () => {
    const first = await services.start();
    for (const key of ['a', 'b', 'c']) await first.http.put(`/kv/${key}`, { value: 'text' });
    await first.stop();
    const path = join(first.directory, 'wal.log');
    const damaged = readFileSync(path, 'utf8').replace('"key":"b","value":"text"', '"key":"b","value":"tent"');
    writeLog(first.directory, damaged);
    const { code, stdout } = await services.run({ directory: first.directory });
    expect(code).toBe(1);
    expect(stdout).toContain(path);
    expect(stdout).toMatch(/line 2/);
    expect(readFileSync(path, 'utf8')).toBe(damaged);
  });

  it('is not there with STORE=memory', async () => {
    const { http, directory } = await services.start({ env: { STORE: 'memory' } });
    await http.put('/kv/a', { value: 1 });
    expect((await http.get('/kv/a')).json()).toEqual({ value: 1 });
    expect(existsSync(join(directory, 'wal.log'))).toBe(false);
  });
});
