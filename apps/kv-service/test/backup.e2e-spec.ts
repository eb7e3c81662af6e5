import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { RawConnection, useTestServices, type HttpAnswer, type ServiceProcess } from '@kvasir/test-harness';
import { expectProblem } from './testing/expectations.js';

const services = useTestServices();
const KEY = 's3cret';
const TYPE = 'application/x-ndjson';
const AUTH = { 'x-api-key': KEY };

/** Small, so that a backup is far longer than a body may be. */
const ENV = { ADMIN_KEY: KEY, MAX_BODY_BYTES: '2000' };

async function exportOf({ http }: ServiceProcess): Promise<string> {
  const { status, text } = await http.send('GET', '/admin/export', { headers: AUTH });
  expect(status).toBe(200);
  return text;
}

function importInto({ http }: ServiceProcess, query: string, body: string | Buffer): Promise<HttpAnswer> {
  return http.send('POST', `/admin/import${query}`, { headers: { ...AUTH, 'Content-Type': TYPE }, body });
}

/** The same, after an import that its client has left; the service need not have noticed yet. */
async function importNext(service: ServiceProcess, query: string, body: string): Promise<HttpAnswer> {
  let answer = await importInto(service, query, body);
  while (answer.status === 503) answer = await importInto(service, query, body);
  return answer;
}

const EMPTY_HEADER = '{"format":"kvasir-backup","version":1,"revision":0,"time":0,"keys":0}\n';
const EMPTY = `${EMPTY_HEADER}{"entries":0,"revision":0,"sha256":"${createHash('sha256').update(EMPTY_HEADER).digest('hex')}"}\n`;

/** The lines of the entries. */
function entriesOf(backup: string): string[] {
  return backup.split('\n').slice(1, -2);
}

describe('/admin/export and /admin/import', () => {
  let service: ServiceProcess;
  let other: ServiceProcess;
  let backup: string;

  beforeAll(async () => {
    [service, other] = await Promise.all([
      services.start({ env: ENV }),
      services.start({ env: { ...ENV, STORE: 'memory' } }),
    ]);
    for (let i = 0; i < 200; i++) await service.http.put(`/kv/key-${i}`, { value: 'x'.repeat(i) });
    const body = '{"value":{"b":1.10,"a":[12345678901234567890,"\\ud800"]},"ttl":100000}';
    await service.http.send('PUT', '/kv/%F0%9F%98%80%0A', { body });
    await service.http.put('/kv/gone', { value: 1 });
    await service.http.delete('/kv/gone');
    backup = await exportOf(service);
  });

  afterEach(async () => {
    // Each test begins with the backup in the one, and nothing in the other.
    expect((await importNext(service, '?mode=replace', backup)).status).toBe(200);
    expect((await importInto(other, '?mode=replace', EMPTY)).status).toBe(200);
  });

  it('gives a header, the entries in byte order, and a footer with count, revision and checksum', async () => {
    const answer = await service.http.send('GET', '/admin/export', { headers: AUTH });
    expect(answer.headers).toMatchObject({ 'content-type': TYPE, 'cache-control': 'no-store' });
    const lines = backup.split('\n');
    expect(lines.pop()).toBe('');
    const footer = JSON.parse(lines.pop() ?? '') as object;
    const sha256 = createHash('sha256')
      .update(`${lines.join('\n')}\n`)
      .digest('hex');
    expect(footer).toEqual({ entries: 201, revision: 203, sha256 });
    const header = JSON.parse(lines.shift() ?? '') as { time: number };
    expect(header).toEqual({ format: 'kvasir-backup', version: 1, revision: 203, time: header.time, keys: 201 });
    expect(Math.abs(Date.now() - header.time)).toBeLessThan(60_000);
    const keys = lines.map((line) => (JSON.parse(line) as { key: string }).key);
    expect(keys).toEqual(keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
    expect(lines.at(-1)).toMatch(
      /^\{"key":"😀\\n","revision":201,"created":\d+,"updated":\d+,"expires":\d+,"value":\{"b":1.10,"a":\[12345678901234567890,"\\ud800"\]\}\}$/,
    );
  });

  it('takes an export over into another engine, more than MAX_BODY_BYTES, with every field', async () => {
    const answer = await importInto(other, '?mode=fill', backup);
    expect([answer.status, answer.json()]).toEqual([
      200,
      { success: true, mode: 'fill', dry_run: false, entries: 201, expired: 0, revision: expect.any(Number) },
    ]);
    expect(entriesOf(await exportOf(other))).toEqual(entriesOf(backup));
    expectProblem(await importInto(other, '?mode=fill', backup), 400, /the store holds 201 keys/);
  });

  it('replaces all that was there, durably', async () => {
    await service.http.put('/kv/later', { value: 1 });
    await service.http.delete('/kv/key-1');
    expect((await importInto(service, '?mode=replace', backup)).status).toBe(200);
    expect(entriesOf(await exportOf(service))).toEqual(entriesOf(backup));
    await service.kill();
    service = await services.start({ directory: service.directory, env: ENV });
    expect(entriesOf(await exportOf(service))).toEqual(entriesOf(backup));
    expect((await service.http.put('/kv/key-1', { value: 2 })).status).toBe(200);
  });

  it('merges over what is there', async () => {
    await service.http.put('/kv/later', { value: 1 });
    await service.http.put('/kv/key-1', { value: 'overwritten' });
    await service.http.delete('/kv/key-2');
    expect(await importInto(service, '?mode=merge', backup)).toMatchObject({ status: 200 });
    for (const [key, value] of [
      ['later', 1],
      ['key-1', 'x'],
      ['key-2', 'xx'],
    ])
      expect((await service.http.get(`/kv/${key}`)).json()).toEqual({ value });
    expect(readdirSync(service.directory).filter((name) => name.includes('import'))).toEqual([]);
    await service.kill();
    service = await services.start({ directory: service.directory, env: ENV });
    const merged = entriesOf(await exportOf(service)).filter((line) => !line.startsWith('{"key":"later"'));
    const withoutRevision = (lines: string[]): string[] => lines.map((line) => line.replace(/"revision":\d+,/, ''));
    expect(withoutRevision(merged)).toEqual(withoutRevision(entriesOf(backup)));
  });

  it('only looks with dryRun', async () => {
    const before = await exportOf(other);
    const answer = await importInto(other, '?mode=replace&dryRun=true', backup);
    expect(answer.json()).toEqual({
      success: true,
      mode: 'replace',
      dry_run: true,
      entries: 201,
      expired: 0,
      revision: 203,
    });
    expect(entriesOf(await exportOf(other))).toEqual(entriesOf(before));
    expectProblem(await importInto(other, '?mode=replace&dryRun=true', backup.slice(0, -90)), 400, /not whole/);
  });

  describe.each(['replace', 'fill', 'merge', 'replace&dryRun=true'])('with mode=%s', (mode) => {
    it.each([
      ['cut', () => backup.slice(0, backup.length / 2), /not whole/],
      ['without its footer', () => backup.slice(0, backup.lastIndexOf('\n', backup.length - 2) + 1), /not whole/],
      ['with a flipped bit', () => backup.replace('"x"', '"y"'), /damaged: its footer has another checksum/],
      ['no backup', () => '{"a":1}\n', /this is no backup/],
      ['empty', () => '', /this is no backup/],
    ])('a body that is %s changes nothing', async (_what, body, message) => {
      if (mode !== 'fill') await other.http.put('/kv/there', { value: 1 });
      const before = await exportOf(other);
      expectProblem(await importInto(other, `?mode=${mode}`, body()), 400, message);
      expect(entriesOf(await exportOf(other))).toEqual(entriesOf(before));
    });
  });

  it('changes nothing when the client goes away', async () => {
    const before = entriesOf(await exportOf(service));
    for (const mode of ['replace', 'merge']) {
      const connection = await RawConnection.open(service.port);
      await connection.send(
        `POST /admin/import?mode=${mode} HTTP/1.1\r\nHost: a\r\nx-api-key: ${KEY}\r\nContent-Type: ${TYPE}\r\nContent-Length: ${backup.length}\r\n\r\n${backup.slice(0, 20_000)}`,
      );
      connection.destroy();
    }
    expect((await importNext(service, '?mode=fill', backup)).status).toBe(400);
    expect(entriesOf(await exportOf(service))).toEqual(before);
  });

  it('ends an export whose reader goes away, and serves the next one', async () => {
    const connection = await RawConnection.open(service.port);
    await connection.send(`GET /admin/export HTTP/1.1\r\nHost: a\r\nx-api-key: ${KEY}\r\n\r\n`);
    connection.destroy();
    expect(entriesOf(await exportOf(service))).toEqual(entriesOf(backup));
    expect((await service.http.send('HEAD', '/admin/export', { headers: AUTH })).status).toBe(200);
  });

  it.each(['', '?mode=', '?mode=over', '?mode=merge&mode=fill', '?mode=merge&dryRun=perhaps'])(
    'is a 400 with the query %j',
    async (query) => {
      expectProblem(await importInto(other, query, backup), 400, /in the query|the query parameter/);
    },
  );

  it('is a 415 for another media type, and a 401 without the key, before the body is read', async () => {
    const json = { ...AUTH, 'Content-Type': 'application/json' };
    expectProblem(await other.http.send('POST', '/admin/import?mode=merge', { headers: json, body: backup }), 415);
    const keyless = { 'Content-Type': TYPE };
    expectProblem(await other.http.send('POST', '/admin/import?mode=merge', { headers: keyless, body: backup }), 401);
    expectProblem(await other.http.get('/admin/export'), 401);
    const wrong = { 'x-api-key': 'wrong' };
    expectProblem(await other.http.send('GET', '/admin/export', { headers: wrong }), 401);
  });

  it('is not there without an ADMIN_KEY', async () => {
    const { http } = await services.start();
    expect((await http.send('GET', '/admin/export', { headers: AUTH })).status).toBe(404);
  });
});
