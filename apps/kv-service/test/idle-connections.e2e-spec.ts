import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { freePort, HttpClient, useTestServices } from '@kvasir/test-harness';
import { attackInTurn, idleConnections, watchMemory } from './testing/abuse.js';
import { frame, PREFACE, SETTINGS } from './testing/http2-frames.js';
import { BehavingRpcClient } from './testing/rpc-abuse.js';

const services = useTestServices();

const IDLE = idleConnections();
/** Long enough for all to be open before the first is closed. */
const HEADERS_MS = 6000;
const STALL_MS = 2000;
/** What a busy machine may add to a time. */
const SLACK_MS = 5000;
/** For each at most, the answer that ends it included. */
const KIB_EACH = 40;

const HTTP_TIMES = { HEADERS_TIMEOUT_MS: String(HEADERS_MS), REQUEST_TIMEOUT_MS: String(HEADERS_MS) };
const RPC_TIMES = {
  HEADERS_TIMEOUT_MS: String(HEADERS_MS),
  KEEP_ALIVE_TIMEOUT_MS: String(HEADERS_MS),
  STALL_TIMEOUT_MS: String(STALL_MS),
};

it.each([
  ['that say nothing', '', HEADERS_MS],
  [
    'that begin HTTP/2 and answer nothing',
    Buffer.concat([PREFACE, frame(SETTINGS, 0, 0)]).toString('latin1'),
    HEADERS_MS + STALL_MS,
  ],
])(
  `${IDLE} connections to the port of gRPC %s keep nobody from being served, and are closed when their time is over`,
  async (_, bytes, ms) => {
    const port = await freePort();
    const service = await services.start({ env: { ...RPC_TIMES, STORE: 'memory', GRPC_PORT: String(port) } });
    const grownMiB = watchMemory(service);
    const behaving = new BehavingRpcClient(port);
    const outcomes = await Promise.all(await attackInTurn(port, IDLE, (socket) => void socket.write(bytes, 'latin1')));
    expect(Math.max(...outcomes.map((outcome) => outcome.ms))).toBeLessThan(ms + SLACK_MS);
    await behaving.stop();
    expect(behaving.failures).toEqual([]);
    expect(behaving.slowestMs).toBeLessThan(SLACK_MS);
    expect(grownMiB() * 1024).toBeLessThan(IDLE * KIB_EACH);
    expect(service.troubles).toEqual([]);
  },
  60_000,
);

it(`${IDLE} connections to the gateway that say nothing keep nobody from being served, and are a 408 when their time is over`, async () => {
  const port = await freePort();
  await services.start({ env: { STORE: 'memory', GRPC_PORT: String(port) } });
  const gateway = await services.start({
    app: 'api-gateway',
    env: { ...HTTP_TIMES, API_KEY: 'key', KV_GRPC_URL: `127.0.0.1:${port}` },
  });
  const grownMiB = watchMemory(gateway);
  let isOver = false;
  const ended = attackInTurn(gateway.port, IDLE, () => undefined).then((attacks) => Promise.all(attacks));
  const outcomes = ended.finally(() => (isOver = true));
  const statuses = new Set<number>();
  while (!isOver) {
    const fresh = new HttpClient(gateway.port);
    // oxlint-disable no-await-in-loop -- one after the other, beside the idle ones
    const { status } = await fresh.send('GET', '/v1/values/none', { headers: { 'x-api-key': 'key' } });
    statuses.add(status);
    fresh.close();
    await pause(5);
    // oxlint-enable no-await-in-loop
  }
  expect(statuses).toEqual(new Set([404]));
  expect(new Set((await outcomes).map(({ status }) => status))).toEqual(new Set([408]));
  expect(Math.max(...(await outcomes).map(({ ms }) => ms))).toBeLessThan(HEADERS_MS * 1.1 + SLACK_MS);
  expect(grownMiB() * 1024).toBeLessThan(IDLE * KIB_EACH);
  expect(gateway.troubles).toEqual([]);
}, 60_000);
