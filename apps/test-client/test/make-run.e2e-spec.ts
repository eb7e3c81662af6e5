import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from '@jest/globals';
import { useTestServices, within } from '@kvasir/test-harness';

const RUN = fileURLToPath(new URL('../../../tools/run.mjs', import.meta.url));

const services = useTestServices();
const started: ChildProcess[] = [];

afterAll(() => {
  for (const child of started) if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
});

async function freePorts(count: number): Promise<string[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => String((server.address() as AddressInfo).port));
  await Promise.all(
    servers.map((server) => {
      server.close();
      return once(server, 'close');
    }),
  );
  return ports;
}

/** `make run` with these settings, and what it has said so far. */
function run(env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [RUN], {
    env: { HOST: '127.0.0.1', DATA_DIR: services.directory(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  let output = '';
  const add = (piece: Buffer): void => void (output += piece.toString());
  child.stdout.on('data', add);
  child.stderr.on('data', add);
  const closed = once(child, 'close') as Promise<[number | null]>;
  const says = (text: string): Promise<void> =>
    within(
      20_000,
      new Promise<void>((resolve) => {
        const look = (): void => {
          if (output.includes(text)) resolve();
        };
        child.stdout.on('data', look);
        look();
      }),
      () => `it did not say ${text}, but: ${output}`,
    );
  return { child, closed, says, output: () => output };
}

describe('make run', () => {
  it('starts all services, with a new key for the gateway, and stops all at Ctrl-C', async () => {
    const [port = '', testClientPort = '', gatewayPort = '', grpcPort = ''] = await freePorts(4);
    const running = run({
      PORT: port,
      TEST_CLIENT_PORT: testClientPort,
      GATEWAY_PORT: gatewayPort,
      GRPC_PORT: grpcPort,
    });
    await running.says('Ctrl-C stops it.');
    const answer = await fetch(`http://127.0.0.1:${testClientPort}/test/deletion`, { method: 'POST' });
    expect(await answer.json()).toMatchObject({ success: true });
    const key = /export API_KEY=(\S{32})$/m.exec(running.output())?.[1] ?? '';
    const value = `http://127.0.0.1:${gatewayPort}/v1/values/hello`;
    expect((await fetch(value)).status).toBe(401);
    expect((await fetch(value, { headers: { 'x-api-key': key } })).status).toBe(404);
    running.child.kill('SIGINT');
    expect(await within(10_000, running.closed, () => `it did not end: ${running.output()}`)).toEqual([0, null]);
    for (const name of ['kv-service', 'test-client', 'api-gateway']) {
      expect(running.output()).toContain(`${name} has stopped`);
    }
    for (const each of [port, testClientPort, gatewayPort]) {
      await expect(fetch(`http://127.0.0.1:${each}/health`)).rejects.toThrow('fetch failed');
    }
  });

  it('takes a key from the environment, and does not print it', async () => {
    const [port = '', testClientPort = '', gatewayPort = '', grpcPort = ''] = await freePorts(4);
    const running = run({
      PORT: port,
      TEST_CLIENT_PORT: testClientPort,
      GATEWAY_PORT: gatewayPort,
      GRPC_PORT: grpcPort,
      API_KEY: 'a-key-of-my-own',
    });
    await running.says('Ctrl-C stops it.');
    const value = `http://127.0.0.1:${gatewayPort}/v1/values/hello`;
    expect((await fetch(value, { headers: { 'x-api-key': 'a-key-of-my-own' } })).status).toBe(404);
    running.child.kill('SIGINT');
    await within(10_000, running.closed, () => `it did not end: ${running.output()}`);
    expect(running.output()).not.toContain('a-key-of-my-own');
    expect(running.output()).not.toContain('export API_KEY');
  });

  it('leaves the gateway out when gRPC is turned off', async () => {
    const [port = '', testClientPort = ''] = await freePorts(2);
    const running = run({ PORT: port, TEST_CLIENT_PORT: testClientPort, GRPC_PORT: '0' });
    await running.says('Ctrl-C stops it.');
    running.child.kill('SIGINT');
    expect(await within(10_000, running.closed, () => `it did not end: ${running.output()}`)).toEqual([0, null]);
    expect(running.output()).not.toContain('api-gateway');
  });

  it.each([['TEST_CLIENT_PORT'], ['GATEWAY_PORT'], ['GRPC_PORT']])(
    'says that the port is taken when %s is, and starts nothing',
    async (variable) => {
      const service = await services.start();
      const [port = '', testClientPort = '', gatewayPort = '', grpcPort = ''] = await freePorts(4);
      const running = run({
        PORT: port,
        TEST_CLIENT_PORT: testClientPort,
        GATEWAY_PORT: gatewayPort,
        GRPC_PORT: grpcPort,
        [variable]: String(service.port),
      });
      expect(await running.closed).toEqual([1, null]);
      expect(running.output()).toBe(
        `Port ${service.port} is in use already. Choose others, for example: ` +
          'make run PORT=9000 TEST_CLIENT_PORT=9001 GATEWAY_PORT=9002 GRPC_PORT=9003\n',
      );
    },
  );
});
