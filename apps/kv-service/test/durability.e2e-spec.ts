import { statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { useTestServices, type HttpClient, type ServiceProcess } from '@kvasir/test-harness';
import { logLines } from './testing/log-file.js';

const services = useTestServices();

/** What a key may hold after a crash: the last acknowledged state, or that of a write whose answer never came. */
interface Expected {
  acknowledged: string | undefined;
  pending: { readonly state: string | undefined } | undefined;
}

/** Writes, overwrites and deletes keys of its own, one request after the other, until the service is gone or it is told to stop. */
async function write(
  http: HttpClient,
  name: string,
  expected: Map<string, Expected>,
  onAcknowledged: () => boolean,
): Promise<void> {
  for (let i = 0; ; i++) {
    const keys = i % 5 === 4 ? [`${name}:${i - 1}`, `${name}:${i}`, `${name}:${i + 1000}`] : [`${name}:${i}`];
    const deletes = i % 7 === 6;
    const state = deletes ? undefined : `value ${i} of ${name}`;
    const states = keys.map((key) => {
      const known = expected.get(key) ?? { acknowledged: undefined, pending: undefined };
      expected.set(key, known);
      known.pending = { state };
      return known;
    });
    const operations = keys.map((key) => (deletes ? { op: 'delete', key } : { op: 'set', key, value: state }));
    try {
      const answer =
        keys.length > 1 || deletes
          ? await http.post('/kv/batch', { operations })
          : await http.put(`/kv/${keys[0]}`, { value: state });
      expect(answer.status).toBe(200);
    } catch (error) {
      // Errors of sockets come from outside of Jest's realm: they are no instances of its Error.
      if (typeof (error as NodeJS.ErrnoException).code !== 'string') throw error;
      return;
    }
    for (const known of states) {
      known.acknowledged = state;
      known.pending = undefined;
    }
    if (!onAcknowledged()) return;
  }
}

async function expectNothingLost(http: HttpClient, expected: ReadonlyMap<string, Expected>): Promise<void> {
  const keys = [...expected.keys()];
  const found: { value?: string }[] = [];
  for (let start = 0; start < keys.length; start += 1000) {
    const operations = keys.slice(start, start + 1000).map((key) => ({ op: 'get', key }));
    const answer = await http.post('/kv/batch', { operations });
    found.push(...(answer.json() as { results: { value?: string }[] }).results);
  }
  for (const [i, key] of keys.entries()) {
    const value = found[i]?.value;
    const { acknowledged, pending } = expected.get(key)!;
    const allowed = pending === undefined ? [acknowledged] : [acknowledged, pending.state];
    expect({ key, allowed, value, fits: allowed.includes(value) }).toEqual({ key, allowed, value, fits: true });
  }
}

/** Eight writers at once, until `end`, which begins at so many acknowledged requests, has taken the service from them. */
async function writeUntil(
  service: ServiceProcess,
  options: {
    readonly name: string;
    readonly requests: number;
    readonly expected: Map<string, Expected>;
    readonly end: () => Promise<unknown>;
  },
): Promise<void> {
  const { name, requests, expected } = options;
  let acknowledged = 0;
  let ended: Promise<unknown> | undefined;
  const onAcknowledged = (): boolean => {
    acknowledged++;
    if (acknowledged === requests) ended = options.end();
    return acknowledged < requests + 2000;
  };
  await Promise.all(Array.from({ length: 8 }, (_, i) => write(service.http, `${name}:${i}`, expected, onAcknowledged)));
  await ended;
  expect(acknowledged).toBeGreaterThanOrEqual(requests);
}

describe('an acknowledged write', () => {
  it('is not lost when the service is killed in the midst of many writers, twice, nor when it is stopped', async () => {
    const expected = new Map<string, Expected>();
    let service = await services.start();
    const endings = [
      () => service.kill(),
      () => service.kill(),
      async () => expect(await service.stop()).toMatchObject({ code: 0, stderr: '' }),
    ];
    for (const [round, end] of endings.entries()) {
      await writeUntil(service, { name: `round${round}`, requests: 150, expected, end });
      service = await services.start({ directory: service.directory });
      await expectNothingLost(service.http, expected);
    }
  });
});

describe('a log that is written much', () => {
  it('is cut to its lines by the start behind a crash and by a clean stop, whatever space was taken ahead', async () => {
    const first = await services.start();
    const { directory } = first;
    const path = join(directory, 'wal.log');
    const value = 'x'.repeat(20_000);
    for (let i = 0; i < 8; i++) await first.http.put(`/kv/${i}`, { value });
    const { log } = (await first.http.get('/stats')).json() as { log: { bytes: number } };
    // ext4 and XFS write over bytes in place; elsewhere there is nothing to gain.
    const ahead = [0xef53, 0x58465342].includes(statfsSync(directory).type) ? 100_000 : 0;
    expect(statSync(path).size - log.bytes).toBeGreaterThanOrEqual(ahead);
    await first.kill();

    const second = await services.start({ directory });
    expect(statSync(path).size).toBe(log.bytes);
    expect(second.troubles).toEqual([]);
    expect((await second.http.get('/kv/7')).json()).toEqual({ value });
    for (let i = 0; i < 8; i++) await second.http.put(`/kv/${i}`, { value });
    expect((await second.stop()).code).toBe(0);
    expect(JSON.parse(logLines(directory).at(-1) ?? '')).toMatchObject({ op: 'seal', seq: 16 });
  });
});

describe('the service', () => {
  it('answers GET /stats within 5 s of an empty start', async () => {
    const startedAt = performance.now();
    const { http } = await services.start();
    expect((await http.get('/stats')).json()).toMatchObject({ keys: 0, size_bytes: 0 });
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });

  it('stops within 5 s of SIGTERM with status 0, whatever its clients are at, and seals its log', async () => {
    const service = await services.start();
    const value = 'x'.repeat(1_000_000);
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) await service.http.put(`/kv/${key}`, { value });

    const silent = await service.connect();
    const halfHead = await service.connect();
    await halfHead.send('GET /kv/a HTTP/1.1\r\nHos');
    const halfBody = await service.connect();
    await halfBody.send(
      'PUT /kv/half HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"value":',
    );
    const unread = await service.connect();
    unread.socket.pause();
    await unread.send(
      ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((key) => `GET /kv/${key} HTTP/1.1\r\nHost: x\r\n\r\n`).join(''),
    );

    const exit = await service.stop();
    expect(exit).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(exit.ms).toBeLessThan(5000);
    for (const connection of [silent, halfHead, halfBody, unread]) connection.destroy();
    expect(JSON.parse(logLines(service.directory).at(-1) ?? '')).toMatchObject({ op: 'seal', seq: 8 });

    const again = await services.start({ directory: service.directory });
    expect((await again.http.get('/stats')).json()).toMatchObject({ keys: 8 });
    expect(again.troubles).toEqual([]);
  });

  it('that is idle stops at once', async () => {
    const service = await services.start();
    await service.http.get('/stats');
    const exit = await service.stop();
    expect(exit.code).toBe(0);
    expect(exit.ms).toBeLessThan(2000);
  });
});
