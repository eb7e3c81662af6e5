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

/** `make run` on these ports, and what it has said so far. */
function run(port: string, testClientPort: string) {
  const child = spawn(process.execPath, [RUN], {
    env: {
      HOST: '127.0.0.1',
      PORT: port,
      TEST_CLIENT_PORT: testClientPort,
      GRPC_PORT: '0',
      DATA_DIR: services.directory(),
    },
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
  it('starts both services, and stops both at Ctrl-C', async () => {
    const [port = '', testClientPort = ''] = await freePorts(2);
    const running = run(port, testClientPort);
    await running.says('Ctrl-C stops it.');
    const answer = await fetch(`http://127.0.0.1:${testClientPort}/test/deletion`, { method: 'POST' });
    expect(await answer.json()).toMatchObject({ success: true });
    running.child.kill('SIGINT');
    expect(await within(10_000, running.closed, () => `it did not end: ${running.output()}`)).toEqual([0, null]);
    expect(running.output()).toContain('kv-service has stopped');
    expect(running.output()).toContain('test-client has stopped');
    for (const each of [port, testClientPort]) {
      await expect(fetch(`http://127.0.0.1:${each}/health`)).rejects.toThrow('fetch failed');
    }
  });

  it('says which port is taken, and starts nothing', async () => {
    const service = await services.start();
    const [port = ''] = await freePorts(1);
    const running = run(port, String(service.port));
    expect(await running.closed).toEqual([1, null]);
    expect(running.output()).toBe(
      `Port ${service.port} is in use already. Choose others, for example: make run PORT=9000 TEST_CLIENT_PORT=9001\n`,
    );
  });
});
