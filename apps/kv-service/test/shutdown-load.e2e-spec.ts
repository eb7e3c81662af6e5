import { afterEach, describe, expect, it } from '@jest/globals';
import { GrpcKvClient } from '@kvasir/client';
import { freePort, useTestServices, type Exit, type ServiceProcess } from '@kvasir/test-harness';
import { GrpcCalls } from './testing/grpc-load.js';
import { gatewayDialect, HttpConnections, KV_DIALECT } from './testing/http-load.js';
import { PacedLoad, Tally } from './testing/paced-load.js';

/*
 * What is accepted, and what is checked of it.
 *
 * Over HTTP a request is accepted when the service has read its head from a connection that it has not closed (docs/operations.md). A client cannot see that, but:
 *
 * - What was sent before the signal, over connections that were open, is accepted: on loopback its bytes lie in the service's socket when the signal comes, and the
 *   service reads what is there before it hears of the signal (libuv looks at signals last). Each of these must be answered, and its answer must be true afterwards.
 * - What is sent later must be answered as well, or its connection ends without a byte of an answer; then nothing of it may have been done, so that the client may
 *   send it again elsewhere. Half an answer, or another answer, is a failure in every case.
 *
 * Over gRPC a call is accepted when its HEADERS are on a stream that the last GOAWAY covers. What was begun before the signal (a moment before: the client writes its frames
 * a turn of the event loop later) must end with OK; what is begun later ends with OK, or with UNAVAILABLE, and then nothing of it may have been done.
 */

const services = useTestServices();
const PER_SECOND = 1000;
/** What must be answered in the last second before the signal. */
const REACHED = 900;
/** A busy machine may take so long to get there. */
const REACHED_WITHIN_MS = 60_000;
const CONNECTIONS = 32;
/** A stop takes some tenths of a second; on a machine that has much else to do, longer. */
const SHUTDOWN_TIMEOUT_MS = 10_000;
const STOPS = { SHUTDOWN_TIMEOUT_MS: String(SHUTDOWN_TIMEOUT_MS) };
/** A client writes what it was told to in this time. */
const FLIGHT_MS = 20;
const API_KEY = 'shutdown-key';
const REFUSAL = 'kv-service cannot be reached, or cannot serve now; try again later';

const cleanUps: (() => void)[] = [];
afterEach(() => cleanUps.splice(0).forEach((cleanUp) => cleanUp()));

function httpLoad(port: number, dialect = KV_DIALECT) {
  const tally = new Tally();
  const connections = new HttpConnections(port, CONNECTIONS, dialect, tally);
  const load = new PacedLoad(PER_SECOND, connections, tally);
  cleanUps.push(() => {
    load.stop();
    connections.destroy();
  });
  return { tally, connections, load };
}

function grpcLoad(port: number) {
  const tally = new Tally();
  // No call runs into its deadline for the machine's sake.
  const client = new GrpcKvClient(`127.0.0.1:${port}`, { deadlineMs: 30_000 });
  const calls = new GrpcCalls(client, tally);
  const load = new PacedLoad(PER_SECOND, calls, tally);
  cleanUps.push(() => {
    load.stop();
    client.close();
  });
  return { tally, calls, load };
}

/** Stops a service that the load has come up to speed on. @returns how it ended, and when it was told to */
async function stopUnder(load: PacedLoad, service: ServiceProcess, what: string): Promise<Exit & { signalAt: number }> {
  const rate = await load.reached(REACHED, REACHED_WITHIN_MS);
  const signalAt = performance.now();
  const exit = await service.stop();
  process.stdout.write(
    `${what}: ${rate} requests in the second before SIGTERM, exit ${Math.round(exit.ms)} ms after it\n`,
  );
  return { ...exit, signalAt };
}

function expectStopped(exit: Exit): void {
  expect([exit.code, exit.stderr]).toEqual([0, '']);
  expect(exit.ms).toBeLessThan(SHUTDOWN_TIMEOUT_MS);
}

/** Every write that was acknowledged is in the store, and nothing besides: what was not done may be sent again. */
async function expectKept(tally: Tally, directory: string): Promise<void> {
  const again = await services.start({ directory });
  const { keys } = (await again.http.get('/kv')).json() as { keys: string[] };
  expect(keys).toEqual([...tally.acknowledged].sort());
  expect(again.troubles).toEqual([]);
}

describe('SIGTERM under a thousand requests a second', () => {
  it.each([0, 400])('over HTTP, with SHUTDOWN_DELAY_MS=%i: no accepted request is lost', async (delayMs) => {
    const service = await services.start({ env: { ...STOPS, SHUTDOWN_DELAY_MS: String(delayMs) } });
    const { tally, connections, load } = httpLoad(service.port);
    const exit = await stopUnder(load, service, `HTTP, delay ${delayMs} ms`);
    await connections.allRefused;

    expectStopped(exit);
    expect(tally.wrong).toEqual([]);
    expect(tally.notDoneBefore(exit.signalAt)).toEqual([]);
    // Almost every connection was told by an answer that it ends.
    expect(connections.closing).toBeGreaterThan(CONNECTIONS / 2);
    await expectKept(tally, service.directory);
  });

  it('over gRPC: no accepted call is lost, and UNAVAILABLE is what was never begun', async () => {
    const port = await freePort();
    const service = await services.start({ env: { ...STOPS, GRPC_PORT: String(port) } });
    const { tally, calls, load } = grpcLoad(port);
    const exit = await stopUnder(load, service, 'gRPC');
    await calls.refused(10);
    load.stop();
    await calls.ended();

    expectStopped(exit);
    expect(tally.wrong).toEqual([]);
    expect(tally.notDoneBefore(exit.signalAt - FLIGHT_MS)).toEqual([]);
    await expectKept(tally, service.directory);
  });

  it('of api-gateway: no accepted request is lost', async () => {
    const { store, gateway } = await startBoth();
    const { tally, connections, load } = httpLoad(gateway.port, gatewayDialect(API_KEY, REFUSAL));
    const exit = await stopUnder(load, gateway, 'gateway');
    await connections.allRefused;

    expectStopped(exit);
    expect(tally.wrong).toEqual([]);
    expect(tally.notDoneBefore(exit.signalAt)).toEqual([]);
    expect(connections.closing).toBeGreaterThan(CONNECTIONS / 2);
    expect((await store.stop()).code).toBe(0);
    await expectKept(tally, store.directory);
  });

  it('of kv-service behind api-gateway: what is refused with a 503 was not done', async () => {
    const { store, gateway } = await startBoth();
    const { tally, connections, load } = httpLoad(gateway.port, gatewayDialect(API_KEY, REFUSAL));
    const exit = await stopUnder(load, store, 'kv-service behind the gateway');
    expect((await gateway.stop()).code).toBe(0);
    await connections.allRefused;

    expectStopped(exit);
    expect(tally.wrong).toEqual([]);
    expect(tally.notDoneBefore(exit.signalAt - FLIGHT_MS)).toEqual([]);
    await expectKept(tally, store.directory);
  });
});

async function startBoth(): Promise<{ store: ServiceProcess; gateway: ServiceProcess }> {
  const port = await freePort();
  const store = await services.start({ env: { ...STOPS, GRPC_PORT: String(port) } });
  // No call runs into its deadline for the machine's sake.
  const env = { ...STOPS, KV_GRPC_URL: `127.0.0.1:${port}`, API_KEY, GRPC_DEADLINE_MS: '30000' };
  return { store, gateway: await services.start({ app: 'api-gateway', env }) };
}
