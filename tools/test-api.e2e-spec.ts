import { execFile, spawnSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { HttpClient, useTestServices } from '@kvasir/test-harness';
import { DocumentedServices } from './testing/documented-services.js';

const SCRIPT = fileURLToPath(new URL('../test_api.sh', import.meta.url));

const hasCurl = spawnSync('curl', ['--version']).status === 0;
const shells = ['sh', 'bash'].filter((shell) => spawnSync(shell, ['-c', 'exit 0']).status === 0);

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a copy of the script, in a folder without `.env`, to its end. Not by spawnSync: the services' logs must be read meanwhile. */
function run(shell: string, folder: string, env: Readonly<Record<string, string>>): Promise<Ended> {
  const script = join(folder, 'test_api.sh');
  copyFileSync(SCRIPT, script);
  return new Promise((resolve) => {
    const options = { env: { PATH: process.env['PATH'], no_proxy: '*', ...env }, timeout: 25_000 };
    execFile(shell, [script], options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

it.each(shells)('test_api.sh is a script that %s can read', (shell) => {
  const { status, stderr } = spawnSync(shell, ['-n', SCRIPT], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

// The script is for people who have curl; where there is none, there is nothing more to try.
if (hasCurl) {
  describe.each(shells)('test_api.sh, run by %s', (shell) => {
    const services = useTestServices();
    let documented: DocumentedServices;
    let env: Record<string, string>;
    let http: HttpClient;
    const folder = services.directory();

    beforeAll(async () => {
      documented = await DocumentedServices.start(services);
      const at = (port: number): string => documented.here(`http://localhost:${port}`);
      env = {
        KV_SERVICE_URL: at(8000),
        TEST_CLIENT_URL: at(8001),
        GATEWAY_URL: at(8888),
        ...documented.variables,
      };
      http = new HttpClient(Number(new URL(at(8000)).port));
    });

    it('finds every answer as it expects it, and leaves the keys that were there alone and none of its own', async () => {
      await http.put('/kv/mine', { value: 1 });
      const { code, stdout, stderr } = await run(shell, folder, env);
      expect({ code, stderr, failed: stdout.match(/^FAIL.*(\n {6}.*)*/gm) }).toEqual({
        code: 0,
        stderr: '',
        failed: null,
      });
      const calls = stdout.match(/^ok /gm)?.length;
      expect(calls).toBeGreaterThan(60);
      expect(stdout).toMatch(new RegExp(`\n${calls} calls, ${calls} as expected, 0 not\\.\n$`));
      expect((await http.get('/kv')).text).toBe('{"keys":["mine"]}');
    });

    it('shows what was expected where an answer differs, goes on, and ends with 1', async () => {
      const { code, stdout } = await run(shell, folder, { ...env, API_KEY: 'another' });
      expect(code).toBe(1);
      expect(stdout).toMatch(
        /^FAIL {2}PUT http.*\/v1\/values .*\n {6}401 .*\n {6}expected: 200 \{"key":"test_api-.*","value":"world"\}$/m,
      );
      expect(stdout).toMatch(/^ok {4}POST .*\/test\/deletion$/m);
      expect(stdout).toMatch(/ as expected, [1-9]\d* not\.\n$/);
    });

    it('leaves out the services whose address is set to nothing', async () => {
      const { code, stdout } = await run(shell, folder, { ...env, API_KEY: '', GATEWAY_URL: '', TEST_CLIENT_URL: '' });
      expect(code).toBe(0);
      expect(stdout).not.toContain('/v1/values');
      expect(stdout).not.toContain('/test/');
    });

    it('takes the key that `make up` has written', async () => {
      const withFile = services.directory();
      writeFileSync(join(withFile, '.env'), `API_KEY=${documented.variables['API_KEY']}\n`);
      expect(await run(shell, withFile, { ...env, API_KEY: '' })).toMatchObject({ code: 0 });
    });

    it('says what to do when there is no key for the gateway, or no service', async () => {
      const withoutKey = await run(shell, folder, { ...env, API_KEY: '' });
      expect(withoutKey).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('API_KEY is not set') });
      const nobody = await run(shell, folder, { ...env, KV_SERVICE_URL: documented.here('http://localhost:8001') });
      expect(nobody).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringContaining('start it with `make run`'),
      });
    });
  });
}
