import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from '@jest/globals';
import { usePostgres, useTestServices, within } from '@kvasir/test-harness';
import pg from 'pg';

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
      40_000,
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

  describe('with STORE=postgres', () => {
    const databaseUrl = usePostgres();

    async function start(env: Readonly<Record<string, string>>) {
      const [port = '', secondPort = '', testClientPort = '', gatewayPort = '', grpcPort = ''] = await freePorts(5);
      const running = run({
        STORE: 'postgres',
        PORT: port,
        SECOND_PORT: secondPort,
        TEST_CLIENT_PORT: testClientPort,
        GATEWAY_PORT: gatewayPort,
        GRPC_PORT: grpcPort,
        API_KEY: 'a-key-of-my-own',
        ...env,
      });
      await running.says('Ctrl-C stops it.');
      return { running, port, secondPort, gatewayPort };
    }

    /** Writes through the first process and reads through the second one and the gateway. */
    async function expectOneStore(port: string, secondPort: string, gatewayPort: string): Promise<void> {
      const put = await fetch(`http://127.0.0.1:${port}/kv/hello`, {
        method: 'PUT',
        headers: { 'Content-Type': 'application/json' },
        body: '{"value":"world"}',
      });
      expect(put.status).toBe(200);
      const read = await fetch(`http://127.0.0.1:${secondPort}/kv/hello`);
      expect(await read.text()).toBe('{"value":"world"}');
      const value = `http://127.0.0.1:${gatewayPort}/v1/values/hello`;
      const passedOn = await fetch(value, { headers: { 'x-api-key': 'a-key-of-my-own' } });
      expect(await passedOn.text()).toBe('{"key":"hello","value":"world"}');
    }

    it('starts a database and two services on it, and stops all at Ctrl-C, the database last', async () => {
      const { running, port, secondPort, gatewayPort } = await start({});
      await expectOneStore(port, secondPort, gatewayPort);
      const url = /in a PostgreSQL that goes with this run: (\S+)$/m.exec(running.output())?.[1] ?? '';
      const client = new pg.Client(url);
      await client.connect();
      expect((await client.query('SELECT key FROM kvasir.entries')).rows).toEqual([{ key: 'hello' }]);
      await client.end();
      running.child.kill('SIGINT');
      expect(await within(15_000, running.closed, () => `it did not end: ${running.output()}`)).toEqual([0, null]);
      expect(running.output().match(/kv-service has stopped/g)).toHaveLength(2);
      expect(running.output()).not.toMatch(/"level":(?:40(?!.*API_KEYS_FILE is not set)|[56]0)/);
      await expect(new pg.Client(url).connect()).rejects.toThrow('ECONNREFUSED');
    }, 60_000);

    it('uses the database that DATABASE_URL names, and leaves it running', async () => {
      const client = new pg.Client(databaseUrl());
      await client.connect();
      const { running, port, secondPort, gatewayPort } = await start({
        DATABASE_URL: databaseUrl(),
        DATABASE_SCHEMA: 'make_run',
      });
      try {
        await expectOneStore(port, secondPort, gatewayPort);
        expect(running.output()).toContain('in the database that DATABASE_URL names');
        expect(running.output()).not.toContain(new URL(databaseUrl()).password);
        running.child.kill('SIGINT');
        expect(await within(15_000, running.closed, () => `it did not end: ${running.output()}`)).toEqual([0, null]);
        expect((await client.query('SELECT key FROM make_run.entries')).rows).toEqual([{ key: 'hello' }]);
      } finally {
        await client.query('DROP SCHEMA IF EXISTS make_run CASCADE');
        await client.end();
      }
    }, 60_000);

    it('ends, and all services with it, when its database does', async () => {
      const { running } = await start({});
      const url = /in a PostgreSQL that goes with this run: (\S+)$/m.exec(running.output())?.[1] ?? '';
      const client = new pg.Client(url);
      client.on('error', () => undefined);
      await client.connect();
      const { rows } = await client.query<{ directory: string }>(
        "SELECT current_setting('data_directory') AS directory",
      );
      const [pid] = readFileSync(join(rows[0]!.directory, 'postmaster.pid'), 'utf8').split('\n');
      process.kill(Number(pid), 'SIGINT');
      expect(await within(20_000, running.closed, () => `it did not end: ${running.output()}`)).toEqual([1, null]);
      expect(running.output()).toContain('PostgreSQL has ended by itself');
      expect(running.output().match(/kv-service has stopped/g)).toHaveLength(2);
    }, 60_000);
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
