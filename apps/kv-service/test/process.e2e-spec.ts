import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { HttpClient, useTestServices } from '@kvasir/test-harness';

const services = useTestServices();

describe('PORT', () => {
  it('may be several ports, all serving the same', async () => {
    const service = await services.start({ env: { PORT: '0,0,0', STORE: 'memory' } });
    expect(new Set(service.ports).size).toBe(3);
    const clients = service.ports.map((port) => new HttpClient(port));
    for (const [i, client] of clients.entries()) {
      expect((await client.put(`/kv/${i}`, { value: i })).status).toBe(200);
    }
    for (const client of clients) {
      expect((await client.get('/kv')).json()).toEqual({ keys: ['0', '1', '2'] });
      expect((await client.get('/health')).json()).toEqual({ status: 'healthy' });
      expect((await client.get('/docs-json')).status).toBe(200);
      client.close();
    }
    expect((await service.stop()).code).toBe(0);
    await expect(clients[1]!.get('/health')).rejects.toThrow('ECONNREFUSED');
  });

  it('that is taken is a clear error and status 1, also when it is not the first', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const taken = String((other.address() as AddressInfo).port);
    try {
      for (const PORT of [taken, `0,${taken}`]) {
        const exit = await services.run({ env: { PORT } });
        expect(exit.code).toBe(1);
        expect(fatalOf(exit.stdout)).toMatch(new RegExp(`cannot start.*${taken}`));
      }
    } finally {
      other.close();
    }
  });
});

describe('SIGHUP', () => {
  it.each(['kv-service', 'api-gateway', 'test-client'])(
    'does not end %s, which has no file to read again',
    async (app) => {
      const service = await services.start({ app, env: app === 'api-gateway' ? { API_KEY: 'k' } : {} });
      process.kill(service.pid, 'SIGHUP');
      const line = await service.logLine(({ msg }) => msg === `${app} has nothing to read again`);
      expect(line).toMatchObject({ level: 30, signal: 'SIGHUP' });
      expect((await service.http.get('/health')).status).toBe(200);
      expect((await service.stop()).code).toBe(0);
    },
  );
});

describe("the service's flags", () => {
  it('win over its environment', async () => {
    const env = { PORT: '1', HOST: '192.0.2.1', DATA_DIR: join(services.directory(), 'environment'), STORE: 'memory' };
    const dataDir = join(services.directory(), 'flag');
    const { http, port } = await services.start({
      env,
      flags: ['--port', '0', '--host=127.0.0.1', '--data-dir', dataDir, '--store', 'wal'],
    });
    expect(port).toBeGreaterThan(1);
    await http.put('/kv/a', { value: 1 });
    expect(readFileSync(join(dataDir, 'wal.log'), 'utf8')).toContain('"key":"a"');
    expect(existsSync(env.DATA_DIR)).toBe(false);
  });

  it('are all in --help, with the variables that have none', async () => {
    const { code, stdout, stderr } = await services.run({ flags: ['--help'], env: { PORT: '' } });
    expect([code, stderr]).toEqual([0, '']);
    for (const flag of ['--port', '--host', '--store', '--data-dir', '--help', '--version']) {
      expect(stdout).toMatch(new RegExp(`(^|[ ,])${flag}\\b`, 'm'));
    }
    for (const variable of [
      'PORT',
      'HOST',
      'STORE',
      'DATA_DIR',
      'FSYNC',
      'PURGE_INTERVAL_MS',
      'MAX_MEMORY_BYTES',
      'MAX_BODY_BYTES',
      'MAX_BATCH_OPERATIONS',
      'MAX_JSON_DEPTH',
      'LOG_LEVEL',
      'SHUTDOWN_TIMEOUT_MS',
    ]) {
      expect(stdout).toMatch(new RegExp(`\\b${variable}\\b`));
    }
  });
});

describe('the environment', () => {
  it.each([
    ['PORT', '65536'],
    ['STORE', 'paper'],
    ['MAX_MEMORY_BYTES', '1GB'],
    ['LOG_LEVEL', 'loud'],
  ])('with a value that does not fit is one line on standard error and status 1: %s=%s', async (variable, value) => {
    const directory = services.directory();
    const { code, stdout, stderr } = await services.run({ directory, env: { [variable]: value } });
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^[^\n]+\n$/);
    expect(stderr).toContain(variable);
    expect(stderr).toContain(value);
    expect(stderr).toMatch(/allowed/);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('may set variables to nothing, which counts as unset', async () => {
    const env = {
      STORE: '',
      FSYNC: '',
      PURGE_INTERVAL_MS: '',
      MAX_MEMORY_BYTES: '',
      MAX_BODY_BYTES: '',
      MAX_BATCH_OPERATIONS: '',
      MAX_JSON_DEPTH: '',
      SHUTDOWN_TIMEOUT_MS: '',
      DATA_DIR: '',
      LOG_LEVEL: '',
    };
    const { http, directory, listening } = await services.start({ env });
    expect(listening['store']).toBe('wal');
    expect((await http.put('/kv/a', { value: 1 })).status).toBe(200);
    // The default folder, below the working directory.
    expect(existsSync(join(directory, 'data', 'wal.log'))).toBe(true);
  });

  it('takes levels of the log in any case, warning among them', async () => {
    const { stdout } = await services.run({ env: { LOG_LEVEL: 'WARNING', PORT: '0', HOST: '192.0.2.1' } });
    const levels = stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { level: unknown }).level);
    expect(levels.length).toBeGreaterThan(0);
    expect(levels.filter((level) => (level as number) < 40)).toEqual([]);
  });

  it('logs each request with its time at debug', async () => {
    const service = await services.start({ env: { LOG_LEVEL: 'debug', STORE: 'memory' } });
    await service.http.get('/kv/missing');
    const line = await service.logLine(({ msg }) => msg === 'request');
    expect(line).toMatchObject({
      level: 20,
      id: expect.any(String),
      api: 'kv',
      method: 'GET',
      route: '/kv/:key',
      key: 'missing',
      status: 404,
      ms: expect.any(Number),
    });
  });
});

describe('the data directory', () => {
  it('has one owner: a second process fails at once and leaves the first unharmed', async () => {
    const first = await services.start();
    await first.http.put('/kv/a', { value: 1 });
    const second = await services.run({ env: { DATA_DIR: first.directory } });
    expect(second.code).toBe(1);
    expect(second.ms).toBeLessThan(5000);
    expect(fatalOf(second.stdout)).toContain(first.directory);
    expect(fatalOf(second.stdout)).toMatch(/another process|in use|owned|locked/);
    expect((await first.http.put('/kv/b', { value: 2 })).status).toBe(200);
    await first.kill();
    const third = await services.start({ directory: first.directory });
    expect((await third.http.get('/kv')).json()).toEqual({ keys: ['a', 'b'] });
  });

  it('that cannot be one is a clear error and status 1', async () => {
    const file = join(services.directory(), 'file');
    writeFileSync(file, '');
    for (const DATA_DIR of [file, join(file, 'below')]) {
      const exit = await services.run({ env: { DATA_DIR } });
      expect(exit.code).toBe(1);
      expect(fatalOf(exit.stdout)).toContain(`the data directory ${DATA_DIR} cannot be used`);
      expect(exit.stderr).toBe('');
    }
  });
});

/** The message of the one line of level fatal. */
function fatalOf(stdout: string): string {
  const fatal = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { level: number; msg: string })
    .filter(({ level }) => level === 60);
  expect(fatal).toHaveLength(1);
  return fatal[0]?.msg ?? '';
}
