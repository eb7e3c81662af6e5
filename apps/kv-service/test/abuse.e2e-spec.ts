import { gzipSync } from 'node:zlib';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { useTestServices, type HttpClient, type ServiceProcess } from '@kvasir/test-harness';
import {
  attack,
  attackInTurn,
  attackTogether,
  BehavingClient,
  drip,
  idleConnections,
  openSockets,
  watchMemory,
  type Outcome,
} from './testing/abuse.js';

const services = useTestServices();

const HEADERS_MS = 400;
const REQUEST_MS = 800;
const STALL_MS = 600;
/** The service looks for what is late this often, and reads on for this long from whom it has refused. */
const CHECK_MS = HEADERS_MS / 10;
const LINGER_MS = 2000;
/** What a busy machine may add to a time. */
const SLACK_MS = 5000;

const HEAD = 'Host: x\r\nContent-Type: application/json\r\n';

const env = {
  STORE: 'memory',
  HEADERS_TIMEOUT_MS: String(HEADERS_MS),
  REQUEST_TIMEOUT_MS: String(REQUEST_MS),
  STALL_TIMEOUT_MS: String(STALL_MS),
};

/** All were answered with this status, and gone within the time. */
function expectEnded(outcomes: readonly Outcome[], status: number, ms: number): void {
  expect(new Set(outcomes.map((outcome) => outcome.status))).toEqual(new Set([status]));
  expect(Math.max(...outcomes.map((outcome) => outcome.ms))).toBeLessThan(ms + SLACK_MS);
}

/** A service for the tests of a `describe`, with a client that behaves beside whatever they do: it is served, at once, and in the end nothing of the others is left. */
function useAttackedService(settings: Readonly<Record<string, string>>): () => ServiceProcess {
  let service: ServiceProcess;
  let behaving: BehavingClient;
  let idleSockets: number;

  beforeAll(async () => {
    service = await services.start({ env: settings });
    idleSockets = openSockets(service);
  });

  beforeEach(() => {
    behaving = new BehavingClient(service.port);
  });

  afterEach(async () => {
    const before = behaving.rounds;
    await oneMoreRound(before);
    expect(behaving.rounds).toBeGreaterThan(before);
    await behaving.stop();
    expect(behaving.failures).toEqual([]);
    expect(behaving.slowestMs).toBeLessThan(SLACK_MS);
    await noneLeft();
    expect(openSockets(service)).toBeLessThanOrEqual(idleSockets);
    expect(service.logLines.filter(({ level }) => level >= 50)).toEqual([]);
  });

  async function oneMoreRound(before: number): Promise<void> {
    const until = performance.now() + SLACK_MS;
    while (behaving.rounds === before && performance.now() < until) await turn();
  }

  async function noneLeft(): Promise<void> {
    const until = performance.now() + LINGER_MS + SLACK_MS;
    while (openSockets(service) > idleSockets && performance.now() < until) await turn();
  }

  return () => service;
}

describe('clients that are slow', () => {
  const service = useAttackedService(env);

  it('headers that come a byte at a time are a 408 after HEADERS_TIMEOUT_MS', async () => {
    const outcomes = await attackTogether(service().port, 100, (socket) => {
      socket.write('GET /kv HTTP/1.1\r\nHost: x\r\nX-Slow: ');
      drip(socket, 'x', 50);
    });
    expectEnded(outcomes, 408, HEADERS_MS + CHECK_MS);
  });

  it('a client that says nothing at all is a 408 after HEADERS_TIMEOUT_MS', async () => {
    expectEnded(await attackTogether(service().port, 100, () => {}), 408, HEADERS_MS + CHECK_MS);
  });

  it('a body that comes a byte at a time is a 408 after REQUEST_TIMEOUT_MS', async () => {
    for (const framing of ['Content-Length: 100000', 'Transfer-Encoding: chunked']) {
      const piece = framing.startsWith('T') ? '1\r\n \r\n' : ' ';
      const outcomes = await attackTogether(service().port, 100, (socket) => {
        socket.write(`PUT /kv/slow HTTP/1.1\r\n${HEAD}${framing}\r\n\r\n`);
        drip(socket, piece, 50);
      });
      expectEnded(outcomes, 408, REQUEST_MS + CHECK_MS);
    }
  });

  it('who is refused and neither reads, closes nor stops to send is cut 2 seconds later', async () => {
    const outcome = await attack(service().port, (socket) => {
      socket.write(`PUT /kv/x HTTP/1.1\r\n${HEAD}Content-Length: 100000000\r\n\r\n`);
      socket.pause();
      drip(socket, ' '.repeat(1000), 50);
    });
    expect(outcome.ms).toBeLessThan(LINGER_MS + SLACK_MS);
  });
});

describe('clients that send too much, or nonsense', () => {
  const service = useAttackedService({ STORE: 'memory' });

  it('bodies of 2 MiB are a 413, declared or not', async () => {
    const body = ' '.repeat(2 * 1024 * 1024);
    const outcomes = await attackTogether(service().port, 20, (socket) => {
      socket.write(`PUT /kv/big HTTP/1.1\r\n${HEAD}Content-Length: ${body.length}\r\n\r\n${body}`);
    });
    outcomes.push(
      ...(await attackTogether(service().port, 20, (socket) => {
        socket.write(`PUT /kv/big HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\n`);
        drip(socket, `10000\r\n${' '.repeat(65_536)}\r\n`, 5);
      })),
    );
    expectEnded(outcomes, 413, LINGER_MS);
  });

  it('a gzip bomb is a 415 before it is looked at', async () => {
    const bomb = gzipSync(Buffer.alloc(100 * 1024 * 1024)).toString('latin1');
    const grownMiB = watchMemory(service());
    const outcomes = await attackTogether(service().port, 20, (socket) => {
      const head = `PUT /kv/bomb HTTP/1.1\r\n${HEAD}Content-Encoding: gzip\r\nContent-Length: ${bomb.length}\r\n\r\n`;
      socket.end(head + bomb, 'latin1');
    });
    expectEnded(outcomes, 415, LINGER_MS);
    expect(grownMiB()).toBeLessThan(100);
  });

  it('a request with both Content-Length and Transfer-Encoding is a 400, and nothing behind it is served', async () => {
    const smuggled = 'DELETE /kv/behaving HTTP/1.1\r\nHost: x\r\n\r\n';
    for (const framing of [
      `Content-Length: ${smuggled.length + 5}\r\nTransfer-Encoding: chunked\r\n`,
      `Transfer-Encoding: chunked\r\nContent-Length: ${smuggled.length + 5}\r\n`,
      `Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\nContent-Length: 5\r\n`,
      'Content-Length: 5\r\nContent-Length: 50\r\n',
    ]) {
      const outcome = await attack(service().port, (socket) => {
        socket.write(`PUT /kv/a HTTP/1.1\r\n${HEAD}${framing}\r\n0\r\n\r\n${smuggled}`);
      });
      expect([framing, outcome.status, outcome.answers]).toEqual([framing, 400, 1]);
      expect(outcome.ms).toBeLessThan(LINGER_MS + SLACK_MS);
    }
  });

  it('headers of 17 KB are a 431, in one header or in many', async () => {
    for (const headers of [`X-Big: ${'x'.repeat(17_000)}\r\n`, 'X-Small: x\r\n'.repeat(2200)]) {
      const outcomes = await attackTogether(service().port, 20, (socket) => {
        socket.write(`GET /kv HTTP/1.1\r\nHost: x\r\n${headers}\r\n`);
      });
      expectEnded(outcomes, 431, LINGER_MS);
    }
  });

  it.each([
    [900, [404]],
    // Node.js 22 and 24 refuse more than 1,000, and 20 reads over what is past them.
    [2000, [404, 431]],
  ])('%i headers that fit are an ordinary request, or too many', async (count, statuses) => {
    const outcome = await attack(service().port, (socket) => {
      socket.write(`GET /kv/none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${'a:b\r\n'.repeat(count)}\r\n`);
    });
    expect(statuses).toContain(outcome.status);
    expect(outcome.answers).toBe(1);
  });

  it('chunk extensions and trailers without end are cut short', async () => {
    const start = `PUT /kv/a HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\n`;
    const extensions = await attackTogether(service().port, 20, (socket) => {
      socket.write(`${start}1;x=`);
      drip(socket, 'x'.repeat(10_000), 5);
    });
    expectEnded(extensions, 413, LINGER_MS);
    const trailers = await attackTogether(service().port, 20, (socket) => {
      socket.write(`${start}0\r\n`);
      drip(socket, `X-Trailer: ${'x'.repeat(10_000)}\r\n`, 5);
    });
    expectEnded(trailers, 431, LINGER_MS);
  });

  it('endless bytes that are no HTTP are a 400', async () => {
    const outcomes = await attackTogether(service().port, 20, (socket) =>
      drip(socket, '\u0016\u0003\u0001'.repeat(1000), 5),
    );
    expectEnded(outcomes, 400, LINGER_MS);
  });
});

describe('answers that nobody reads', () => {
  const VALUES = 40;
  let service: ServiceProcess;
  let http: HttpClient;

  beforeAll(async () => {
    service = await services.start({ env });
    ({ http } = service);
    // About 36 MB of keys: more than the system takes on its way from one process to another.
    for (let batch = 0; batch < VALUES; batch++) {
      const operations = Array.from({ length: 1000 }, (_, i) => ({
        op: 'set',
        key: `${batch}-${i}-`.padEnd(900, 'k'),
        value: 0,
      }));
      expect((await http.post('/kv/batch', { operations })).status).toBe(200);
    }
    expect((await http.put('/kv/value', { value: 'v'.repeat(1_000_000) })).status).toBe(200);
  });

  it.each([
    ['a listing', 'GET /kv HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['values, asked for one behind the other', 'GET /kv/value HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(100)],
  ])('are cut after STALL_TIMEOUT_MS, and wait in little memory: %s', async (_what, requests) => {
    const behaving = new BehavingClient(service.port);
    const grownMiB = watchMemory(service);
    const outcomes = await attackTogether(service.port, 30, (socket) => {
      socket.pause();
      socket.write(requests);
      // A socket that is not read hears of its end when it writes.
      drip(socket, '\r\n', 50);
    });
    const grown = grownMiB();
    await behaving.stop();
    expect(behaving.failures).toEqual([]);
    expect(Math.max(...outcomes.map(({ ms }) => ms))).toBeLessThan(2 * STALL_MS + SLACK_MS);
    // Held as a whole, the listings alone would take a gigabyte.
    expect(grown).toBeLessThan(300);
    expect((await http.get('/kv/value')).status).toBe(200);
  });
});

const IDLE = idleConnections();

it(`${IDLE} idle connections keep nobody from being served, and are closed when their time is over`, async () => {
  const headersMs = 6000;
  const service = await services.start({
    env: { STORE: 'memory', HEADERS_TIMEOUT_MS: String(headersMs), REQUEST_TIMEOUT_MS: String(headersMs) },
  });
  const grownMiB = watchMemory(service);
  const behaving = new BehavingClient(service.port);
  const ended = await attackInTurn(service.port, IDLE, () => undefined);
  expectEnded(await Promise.all(ended), 408, headersMs * 1.1 + SLACK_MS);
  await behaving.stop();
  expect(behaving.failures).toEqual([]);
  expect(behaving.slowestMs).toBeLessThan(SLACK_MS);
  // 40 KiB for each at most, the answer that ends it included.
  expect(grownMiB() * 1024).toBeLessThan(IDLE * 40);
}, 60_000);

it('past MAX_CONNECTIONS the next one is closed at once, those that are open go on, and the log says so', async () => {
  const service = await services.start({ env: { STORE: 'memory', MAX_CONNECTIONS: '3' } });
  const taken = await service.connect();
  await taken.send('GET /health HTTP/1.1\r\nHost: x\r\n\r\n');
  expect((await taken.next()).status).toBe(200);
  const others = [await service.connect(), await service.connect()];
  const refused = await service.connect();
  await refused.closed;
  expect(refused.rest).toBe('');
  expect(await service.logLine(({ msg }) => msg.includes('MAX_CONNECTIONS'))).toMatchObject({
    level: 50,
    maxConnections: 3,
  });
  await taken.send('GET /health HTTP/1.1\r\nHost: x\r\n\r\n');
  expect((await taken.next()).status).toBe(200);
  for (const connection of [taken, ...others]) connection.destroy();
});

it('large bodies past MAX_BODIES_BYTES are a 503 while others hold theirs back; small ones go on', async () => {
  const service = await services.start({ env: { ...env, MAX_BODIES_BYTES: '1', REQUEST_TIMEOUT_MS: '60000' } });
  const { http } = service;
  const head = `PUT /kv/held HTTP/1.1\r\n${HEAD}Content-Length: 1000000\r\n\r\n`;
  const holder = await service.connect();
  await holder.send(`${head}{"value":"${'x'.repeat(700_000)}`);
  // The budget is never less than one body: with that one under way there is no room for a second.
  const large = { body: JSON.stringify({ value: 'y'.repeat(900_000) }) };
  // Nor, once all of what is held has come, for one that comes in a single piece.
  for (const [key, body] of [
    ['large', large],
    ['whole', { body: JSON.stringify({ value: 'y'.repeat(20_000) }) }],
  ] as const) {
    let answer = await http.send('PUT', `/kv/${key}`, body);
    for (const deadline = performance.now() + SLACK_MS; answer.status !== 503 && performance.now() < deadline;)
      answer = await http.send('PUT', `/kv/${key}`, body);
    expect([key, answer.status, answer.headers['retry-after'], answer.json()]).toEqual([
      key,
      503,
      '1',
      expect.objectContaining({ error: expect.stringMatching(/too many are arriving/) }),
    ]);
  }
  expect((await http.put('/kv/small', { value: 'x'.repeat(3000) })).status).toBe(200);
  await holder.send(`${'x'.repeat(1_000_000 - 700_000 - 12)}"}`);
  expect((await holder.next()).status).toBe(200);
  expect((await http.send('PUT', '/kv/large', large)).status).toBe(200);
  holder.destroy();
});

/** Lets others have their turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 10));
}
