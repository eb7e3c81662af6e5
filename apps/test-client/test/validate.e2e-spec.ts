import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { testApiKey, useRawServers, useTestServices, writeApiKeys } from '@kvasir/test-harness';
import { KeysStore, keysHandler } from '../src/testing/keys-server.js';

const VALIDATE = fileURLToPath(new URL('../../../dist/apps/test-client/src/validate.js', import.meta.url));

const services = useTestServices();
const listen = useRawServers();

async function validate(env: Record<string, string>) {
  const child = spawn(process.execPath, [VALIDATE], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (piece: Buffer) => (stdout += piece.toString()));
  child.stderr.on('data', (piece: Buffer) => (stderr += piece.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

describe('make validate', () => {
  it('runs every workflow against a running service, and leaves no key behind', async () => {
    const service = await services.start();
    const { code, stdout, stderr } = await validate({ KV_SERVICE_URL: `http://127.0.0.1:${service.port}` });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/ deletion +passed [^]* overwrite +passed [^]*\n2 of 2 workflows passed\n$/);
    expect((await service.http.get('/kv')).json()).toEqual({ keys: [] });
  });

  it('fails when one workflow fails', async () => {
    const server = await listen(
      keysHandler(new KeysStore(), (request, store) =>
        request.method === 'PUT' ? { status: 200, body: { success: true } } : store.answer(request),
      ),
    );
    const { code, stdout } = await validate({ KV_SERVICE_URL: server.url });
    expect(code).toBe(1);
    expect(stdout).toMatch(/\noverwrite, verify_new: New value mismatch\n\n1 of 2 workflows passed\n$/);
  });

  it('runs against a service with API keys, with KV_API_KEY', async () => {
    const rights = { verbs: ['read', 'write', 'delete'], prefixes: [''] } as const;
    const file = writeApiKeys(services.directory(), { tester: rights });
    const service = await services.start({ env: { API_KEYS_FILE: file, STORE: 'memory' } });
    const target = { KV_SERVICE_URL: `http://127.0.0.1:${service.port}` };
    expect(await validate({ ...target, KV_API_KEY: testApiKey('tester') })).toMatchObject({ code: 0, stderr: '' });
    const { code, stdout } = await validate(target);
    expect(code).toBe(1);
    expect(stdout).toMatch(/an API key is needed/);
    expect((await validate({ ...target, KV_API_KEY: 'two words' })).stderr).toMatch(
      /^KV_API_KEY is set to a value that/,
    );
  });

  it('refuses an address that is none', async () => {
    expect(await validate({ KV_SERVICE_URL: 'localhost' })).toMatchObject({ code: 1, stdout: '' });
  });
});
