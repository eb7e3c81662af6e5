import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { digestOfApiKey } from '@kvasir/kv-core';
import { useTestServices } from '@kvasir/test-harness';

const MAIN = fileURLToPath(new URL('../../../dist/apps/cli/src/main.js', import.meta.url));
const KEY = /^kvasir_[\w-]{43}$/;

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function kvasir(...args: string[]): Ran {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'key', ...args], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { status, stdout, stderr };
}

describe('kvasir key', () => {
  const services = useTestServices();
  let folder: string;
  let file: string;
  let count = 0;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kvasir-keys-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  beforeEach(() => {
    file = join(folder, `keys-${++count}.json`);
  });

  const entries = (): Record<string, unknown>[] => JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>[];
  const mode = (): number => statSync(file).mode & 0o777;

  it('makes keys that kv-service takes, and keeps nothing of them but digests', async () => {
    const first = kvasir(
      'new',
      '--name',
      'ingest',
      '--verbs',
      'write,read',
      '--prefix',
      'user:',
      '--prefix',
      'b',
      '--file',
      file,
    );
    expect(first).toMatchObject({ status: 0, stderr: expect.stringContaining('This key is shown once') });
    const key = first.stdout.trim();
    expect(key).toMatch(KEY);
    expect(mode()).toBe(0o600);
    expect(entries()).toEqual([
      { name: 'ingest', sha256: digestOfApiKey(key), verbs: ['write', 'read'], prefixes: ['user:', 'b'] },
    ]);
    const second = kvasir('new', '-n', 'watch', '-v', 'monitor', '-f', file).stdout.trim();
    expect(entries().map(({ name }) => name)).toEqual(['ingest', 'watch']);
    expect(kvasir('list', '-f', file).stdout).toBe('"ingest"  write,read  "user:" "b"\n"watch"  monitor  (no keys)\n');

    const { http } = await services.start({ env: { API_KEYS_FILE: file, STORE: 'memory' } });
    const statusOf = async (method: string, path: string, apiKey: string, body?: string): Promise<number> =>
      (await http.send(method, path, { body, headers: { 'x-api-key': apiKey, 'Content-Type': 'application/json' } }))
        .status;
    expect(await statusOf('PUT', '/kv/user:1', key, '{"value":1}')).toBe(200);
    expect(await statusOf('PUT', '/kv/a', key, '{"value":1}')).toBe(403);
    expect(await statusOf('GET', '/stats', second)).toBe(200);
    expect(await statusOf('GET', '/stats', key)).toBe(403);

    expect(kvasir('remove', 'ingest', '-f', file)).toMatchObject({ status: 0, stdout: '' });
    expect(entries().map(({ name }) => name)).toEqual(['watch']);
    // Nothing is left beside the file.
    expect(readdirSync(folder)).toEqual([file.slice(folder.length + 1)]);
  });

  it('prints the entry when there is no file to put it into', () => {
    const { status, stdout } = kvasir('new', '-n', 'all', '-v', 'read, write', '-p', '');
    const [key = '', entry = '', ...rest] = stdout.split('\n');
    expect([status, rest]).toEqual([0, ['']]);
    expect(key).toMatch(KEY);
    expect(JSON.parse(entry)).toEqual({
      name: 'all',
      sha256: digestOfApiKey(key),
      verbs: ['read', 'write'],
      prefixes: [''],
    });
  });

  it('leaves the permissions of a file, and a link to it, as they are', () => {
    writeFileSync(file, '[]');
    chmodSync(file, 0o640);
    const link = `${file}.link`;
    symlinkSync(file, link);
    expect(kvasir('new', '-n', 'a', '-v', 'monitor', '-f', link).status).toBe(0);
    expect([mode(), entries().length]).toEqual([0o640, 1]);
  });

  it.each([
    [['new', '-v', 'read', '-p', ''], /required option '-n, --name <name>'/],
    [['new', '-n', 'a', '-p', ''], /required option '-v, --verbs <list>'/],
    [['new', '-n', 'a', '-v', 'read'], /--prefix "" says every key/],
    [['new', '-n', 'a', '-v', 'read,list', '-p', ''], /Allowed are read, write, delete, monitor, admin/],
    [['new', '-n', 'a', '-v', 'read,read', '-p', ''], /"verbs" does not fit/],
    [['new', '-n', 'a\n', '-v', 'read', '-p', ''], /"name" does not fit/],
    [['new', '-n', 'taken', '-v', 'read', '-p', ''], /has a key of the name "taken" already/],
    [['remove', 'missing'], /has no key of the name "missing"/],
  ])('refuses %j, and leaves the file as it is', (args, problem) => {
    kvasir('new', '-n', 'taken', '-v', 'monitor', '-f', file);
    const before = readFileSync(file, 'utf8');
    const { status, stdout, stderr } = kvasir(...args, '-f', file);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(problem);
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(readdirSync(folder).filter((name) => name.endsWith('.new'))).toEqual([]);
  });

  it('changes no file that is none of API keys, or that another command is at', () => {
    writeFileSync(file, '[{"name":"a"}]');
    const wrong = kvasir('new', '-n', 'b', '-v', 'monitor', '-f', file);
    expect(wrong).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(/is no file of API keys: entry 1 \("a"\): "sha256" is missing/),
    });
    expect(readFileSync(file, 'utf8')).toBe('[{"name":"a"}]');

    writeFileSync(file, '[]');
    writeFileSync(`${file}.new`, 'half');
    const busy = kvasir('new', '-n', 'b', '-v', 'monitor', '-f', file);
    expect(busy).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(/another command is changing the file/),
    });
    expect(readFileSync(`${file}.new`, 'utf8')).toBe('half');
    rmSync(`${file}.new`);

    expect(kvasir('list', '-f', `${file}.missing`)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('ENOENT'),
    });
    expect(kvasir('remove', 'a', '-f', `${file}.missing`)).toMatchObject({ status: 1 });
    expect(readdirSync(folder).some((name) => name.includes('.missing'))).toBe(false);
  });
});
