import { beforeAll, describe, expect, it } from '@jest/globals';
import { useTestServices, type HttpClient, type ServiceProcess } from '@kvasir/test-harness';
import { contentsOf } from './testing/expectations.js';

const services = useTestServices();

// Some 8 MB of text: more than the buffers of a loopback connection hold.
const COUNT = 21_000;
const FIRST_CHARACTERS = ['a', 'Z', '~', 'é', '\uD7FF', '\uE000', '\uFFFD', '😀', '\u{10FFFF}', '\u{10000}'];
const KEYS = Array.from(
  { length: COUNT },
  (_, i) => `${FIRST_CHARACTERS[i % FIRST_CHARACTERS.length]}${(i * 7919) % COUNT}:${'p'.repeat(380)}`,
);

let service: ServiceProcess;
let http: HttpClient;
let sorted: string[];

beforeAll(async () => {
  service = await services.start();
  ({ http } = service);
  sorted = KEYS.map((key) => Buffer.from(key))
    .sort(Buffer.compare)
    .map(String);
  for (let start = 0; start < COUNT; start += 1000) {
    const operations = KEYS.slice(start, start + 1000).map((key) => ({ op: 'set', key, value: 1 }));
    expect((await http.post('/kv/batch', { operations })).status).toBe(200);
  }
});

async function expectWhole(path: string, expected: readonly string[]): Promise<void> {
  const answer = await http.get(path);
  expect(answer.headers['transfer-encoding']).toBe('chunked');
  expect(answer.headers['cache-control']).toBe('no-store');
  const { keys } = answer.json() as { keys: string[] };
  expect(keys).toHaveLength(expected.length);
  // A difference in twenty thousand keys is told by the first one.
  expect(keys.findIndex((key, i) => key !== expected[i])).toBe(-1);
}

describe('a long listing', () => {
  it('is streamed, whole and in byte order, also above U+FFFF', async () => {
    const byUtf16Units = KEYS.toSorted();
    expect(sorted.findIndex((key, i) => key !== byUtf16Units[i])).not.toBe(-1);
    await expectWhole('/kv', sorted);
  });

  it.each(['😀', '\uE000', 'é'])('of a prefix is too: %s', async (prefix) => {
    const expected = sorted.filter((key) => key.startsWith(prefix));
    expect(expected.length).toBeGreaterThan(2000);
    await expectWhole(`/kv?prefix=${encodeURIComponent(prefix)}`, expected);
  });

  it('that its client does not read holds up no other request, and may be broken off', async () => {
    const connection = await service.connect();
    await connection.send('GET /kv HTTP/1.1\r\nHost: x\r\n\r\n');
    await connection.received(100_000);
    connection.socket.pause();
    expect((await http.put('/kv/meanwhile', { value: 1 })).status).toBe(200);
    expect((await http.get('/kv/meanwhile')).json()).toEqual({ value: 1 });
    expect((await http.get('/stats')).json()).toMatchObject({ keys: COUNT + 1 });
    expect((await http.delete('/kv/meanwhile')).status).toBe(200);
    // What has come so far is not the whole answer: the service waits for its client.
    expect(connection.rest).not.toContain('\r\n0\r\n\r\n');
    connection.destroy();
    await connection.closed;

    await expectWhole('/kv', sorted);
    expect((await contentsOf(http)).figures.keys).toBe(COUNT);
    expect(service.troubles).toEqual([]);
  });

  it('has every key that is there all the time exactly once, while others come and go', async () => {
    let listing = true;
    const churn = async (name: string) => {
      for (let i = 0; listing; i++) {
        const key = `/kv/${encodeURIComponent(`${FIRST_CHARACTERS[i % 10]}churn ${name}`)}`;
        await http.put(key, { value: i });
        await http.delete(key);
      }
    };
    const writers = ['one', 'two', 'three'].map(churn);
    for (let i = 0; i < 3; i++) {
      const { keys } = (await http.get('/kv')).json() as { keys: string[] };
      const steady = keys.filter((key) => !key.includes('churn'));
      expect(steady).toHaveLength(COUNT);
      expect(steady.findIndex((key, j) => key !== sorted[j])).toBe(-1);
      expect(
        keys.findIndex((key, j) => j > 0 && Buffer.compare(Buffer.from(keys[j - 1]!), Buffer.from(key)) >= 0),
      ).toBe(-1);
    }
    listing = false;
    await Promise.all(writers);
  });
});
