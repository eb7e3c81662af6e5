import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { useTestDatabase, useTestServices, type ServiceProcess } from '@kvasir/test-harness';

const MAIN = join(fileURLToPath(new URL('../../../', import.meta.url)), 'dist/apps/cli/src/main.js');
const KEY = 's3cret';

const services = useTestServices();
const database = useTestDatabase();

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs beside the test, which may go on. */
function kvasir(args: readonly string[], env: Record<string, string> = { KVASIR_ADMIN_KEY: KEY }): Promise<Ran> {
  const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (stdout += piece));
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (stderr += piece));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}

function startShared(schema = database.newSchema()): Promise<ServiceProcess> {
  return services.start({
    env: { ADMIN_KEY: KEY, STORE: 'postgres', DATABASE_URL: database.url(), DATABASE_SCHEMA: schema },
  });
}

function url({ port }: ServiceProcess): string {
  return `http://127.0.0.1:${port}`;
}

function entryLines(backup: string): string[] {
  return backup.split('\n').slice(1, -2);
}

async function exportOf({ http }: ServiceProcess): Promise<string[]> {
  return entryLines((await http.send('GET', '/admin/export', { headers: { 'x-api-key': KEY } })).text);
}

interface Line {
  readonly op: string;
  readonly key: string;
  readonly value: unknown;
  readonly timestamp: number;
  readonly seq: number;
}

interface Held {
  readonly value: unknown;
  readonly revision: number;
  readonly created: number;
  readonly updated: number;
}

/** What a service held at a revision, by its log, in which every acknowledged write is a line. */
function modelAt(directory: string, revision: number): Map<string, Held> {
  const held = new Map<string, Held>();
  for (const text of readFileSync(join(directory, 'wal.log'), 'utf8').trimEnd().split('\n')) {
    const { op, key, value, timestamp, seq } = JSON.parse(text) as Line;
    if (seq > revision) continue;
    const updated = Math.round(timestamp * 1000);
    if (op === 'set') held.set(key, { value, revision: seq, created: held.get(key)?.created ?? updated, updated });
    else if (op === 'delete') held.delete(key);
  }
  return held;
}

describe('kvasir backup and kvasir restore', () => {
  let folder: string;
  beforeAll(() => {
    folder = services.directory();
  });

  it('take a service under load into a file, and into the other engine: exactly what was acknowledged at one revision', async () => {
    const [source, target] = await Promise.all([services.start({ env: { ADMIN_KEY: KEY } }), startShared()]);
    for (let i = 0; i < 400; i++) await source.http.put(`/kv/${i % 8}-first-${i}`, { value: 'x'.repeat(2000) });
    let stopped = false;
    /** For each writer the last number that was acknowledged. */
    const acknowledged = Array.from({ length: 8 }, () => 0);
    const writers = acknowledged.map(async (_, writer) => {
      for (let n = 1; !stopped; n++) {
        await source.http.put(`/kv/${writer}-${n % 50}`, { value: n });
        await source.http.put(`/kv/${writer}-counter`, { value: n });
        acknowledged[writer] = n;
        if (n % 3 === 0) await source.http.delete(`/kv/${writer}-${(n + 25) % 50}`);
      }
    });
    while (acknowledged.some((n) => n < 10)) await new Promise(setImmediate);
    const atLeast = [...acknowledged];
    const file = join(folder, 'under-load.ndjson.gz');
    const backup = await kvasir(['backup', '--from', url(source), '--to', file]);
    stopped = true;
    await Promise.all(writers);
    expect({ status: backup.status, stderr: backup.stderr }).toEqual({ status: 0, stderr: '' });

    const text = gunzipSync(readFileSync(file)).toString();
    const { revision, keys } = JSON.parse(text.slice(0, text.indexOf('\n'))) as { revision: number; keys: number };
    expect(backup.stdout).toBe(`${keys.toLocaleString('en-US')} entries of revision ${revision} are in ${file}.\n`);
    const entries = entryLines(text).map((line) => JSON.parse(line) as Held & { key: string });
    const model = modelAt(source.directory, revision);
    expect(new Map(entries.map(({ key, ...held }) => [key, held]))).toEqual(model);
    expect(entries).toHaveLength(model.size);
    atLeast.forEach((n, writer) => expect(model.get(`${writer}-counter`)?.value).toBeGreaterThanOrEqual(n));

    const restored = await kvasir(['restore', '--from', file, '--to', url(target)]);
    expect(restored).toEqual({
      status: 0,
      stdout: `${keys.toLocaleString('en-US')} entries restored (fill); the store's revision is ${revision}.\n`,
      stderr: '',
    });
    expect(await exportOf(target)).toEqual(entryLines(text));
  });

  it('work on stores themselves too, from one engine to the other', async () => {
    const schema = database.newSchema();
    const service = await startShared(schema);
    for (let i = 0; i < 50; i++) await service.http.put(`/kv/key-${i}`, { value: i, ttl: i % 2 === 0 ? 10_000 : null });
    const entries = await exportOf(service);
    const file = join(folder, 'from-database.ndjson');
    const env = { DATABASE_URL: database.url(), DATABASE_SCHEMA: schema };
    expect(await kvasir(['backup', '--from', 'postgres:', '--to', file], env)).toMatchObject({ status: 0, stderr: '' });
    expect(entryLines(readFileSync(file, 'utf8'))).toEqual(entries);

    const directory = services.directory();
    expect(await kvasir(['restore', '--from', file, '--to', `wal:${directory}`])).toMatchObject({ status: 0 });
    const again = await kvasir(['restore', '--from', file, '--to', `wal:${directory}`]);
    expect(again).toMatchObject({ status: 1, stderr: expect.stringContaining('the store holds 50 keys') });
    expect(await kvasir(['restore', '--from', file, '--to', `wal:${directory}`, '--mode', 'merge'])).toMatchObject({
      status: 0,
    });
    expect(await kvasir(['restore', '--from', file, '--to', `wal:${directory}`, '--mode', 'replace'])).toMatchObject({
      status: 0,
    });
    const other = await services.start({ directory, env: { ADMIN_KEY: KEY } });
    expect(await exportOf(other)).toEqual(entries);
  });

  it('never overwrite a file, and leave none that is not whole', async () => {
    const service = await services.start({ env: { ADMIN_KEY: KEY } });
    const file = join(folder, 'there.ndjson');
    writeFileSync(file, 'mine');
    const refused = await kvasir(['backup', '--from', url(service), '--to', file]);
    expect(refused).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining('no backup is overwritten'),
    });
    expect(readFileSync(file, 'utf8')).toBe('mine');
    const before = readdirSync(folder);
    for (const [env, message] of [
      [{}, /refused with 401: the header x-api-key is missing/],
      [{ KVASIR_ADMIN_KEY: 'wrong-key' }, /refused with 401: the key in x-api-key is wrong/],
    ] as const) {
      const { status, stderr } = await kvasir(['backup', '--from', url(service), '--to', join(folder, 'new')], env);
      expect(status).toBe(1);
      expect(stderr).toMatch(message);
      expect(stderr).not.toContain('wrong-key');
    }
    await service.stop();
    const gone = await kvasir(['backup', '--from', url(service), '--to', join(folder, 'new')]);
    expect(gone).toMatchObject({ status: 1, stderr: expect.stringContaining('cannot be reached') });
    expect(readdirSync(folder)).toEqual(before);
  });

  it('refuse a damaged file before anything is changed', async () => {
    const service = await services.start({ env: { ADMIN_KEY: KEY } });
    for (let i = 0; i < 50; i++) await service.http.put(`/kv/key-${i}`, { value: 'x'.repeat(100) });
    const file = join(folder, 'good.ndjson.gz');
    expect(await kvasir(['backup', '--from', url(service), '--to', file])).toMatchObject({ status: 0 });
    const dry = await kvasir(['restore', '--from', file, '--to', url(service), '--mode', 'replace', '--dry-run']);
    expect(dry).toMatchObject({ status: 0, stdout: expect.stringContaining('is whole: 50 entries') });
    await service.http.put('/kv/later', { value: 1 });
    const before = await exportOf(service);
    const packed = readFileSync(file);
    const text = gunzipSync(packed).toString();
    const damaged: Record<string, Buffer | string> = {
      'cut.ndjson': text.slice(0, text.length / 2),
      'flipped.ndjson': text.replace('xxx', 'xyx'),
      'footerless.ndjson': text.slice(0, text.lastIndexOf('\n', text.length - 2) + 1),
      'cut.ndjson.gz': packed.subarray(0, packed.length / 2),
      'empty.ndjson': '',
    };
    for (const [name, content] of Object.entries(damaged)) {
      writeFileSync(join(folder, name), content);
      const args = ['restore', '--from', join(folder, name), '--to', url(service), '--mode', 'replace'];
      const { status, stderr } = await kvasir(args);
      expect({ name, status }).toEqual({ name, status: 1 });
      expect(stderr).toMatch(/not whole|damaged|no backup/);
    }
    const missing = await kvasir(['restore', '--from', join(folder, 'missing'), '--to', url(service)]);
    expect(missing).toMatchObject({ status: 1, stderr: expect.stringContaining('ENOENT') });
    expect(existsSync(join(folder, 'missing'))).toBe(false);
    expect(await exportOf(service)).toEqual(before);
  });
});
