import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { VERBS, type Verb } from '@kvasir/kv-core';
import { testApiKey, useTestServices, writeApiKeys } from '@kvasir/test-harness';
import { ROUTE_NEEDS, RPC_NEEDS } from './testing/route-needs.js';

const services = useTestServices();

describe('API_KEYS_FILE', () => {
  it('is read again on SIGHUP; one that does not fit changes nothing', async () => {
    const directory = services.directory();
    const file = writeApiKeys(directory, { a: { verbs: ['monitor'], prefixes: [] } });
    const other = await services.start({ env: { API_KEYS_FILE: file, STORE: 'memory' } });
    const statusAs = async (name: string): Promise<number> =>
      (await other.http.send('GET', '/stats', { headers: { 'x-api-key': testApiKey(name) } })).status;
    const reload = async (message: RegExp): Promise<void> => {
      process.kill(other.pid, 'SIGHUP');
      await other.logLine(({ msg }) => message.test(msg));
    };
    expect([await statusAs('a'), await statusAs('b')]).toEqual([200, 401]);

    writeApiKeys(directory, { b: { verbs: ['monitor'], prefixes: ['\ud800'] } });
    await reload(/the API keys stay as they were: API_KEYS_FILE: entry 1 \("b"\): "prefixes" does not fit/);
    expect([await statusAs('a'), await statusAs('b')]).toEqual([200, 401]);

    writeApiKeys(directory, { b: { verbs: ['monitor'], prefixes: [] }, a: { verbs: ['read'], prefixes: [''] } });
    await reload(/the API keys were read again/);
    expect([await statusAs('a'), await statusAs('b')]).toEqual([403, 200]);
  });

  it.each([
    ['{"keys":[]}', /: it is no JSON array; allowed is a list of keys/],
    ['[{"name":"a","sha256":"x","verbs":["read"],"prefixes":[""]}]', /: entry 1 \("a"\): "sha256" does not fit/],
    [undefined, /: it cannot be read: ENOENT/],
  ])('that is %j is one clear line, and the service does not start', async (text, problem) => {
    const directory = services.directory();
    const file = writeApiKeys(directory, {});
    const path = text === undefined ? `${file}.missing` : file;
    if (text !== undefined) writeFileSync(file, text);
    const { code, stderr } = await services.run({ env: { API_KEYS_FILE: path } });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^API_KEYS_FILE is "[^"]*": .*\n$/);
    expect(stderr).toMatch(problem);
  });

  it('that is missing leaves the data open, with a warning, and /admin closed', async () => {
    const other = await services.start({ env: { STORE: 'memory' } });
    await other.logLine(({ level, msg }) => level === 40 && msg.startsWith('API_KEYS_FILE is not set: whoever'));
    expect((await other.http.put('/kv/a', { value: 1 })).status).toBe(200);
    expect((await other.http.get('/stats')).status).toBe(200);
    expect((await other.http.post('/admin/compact', {})).status).toBe(404);
  });
});

describe('docs/security.md', () => {
  it('says what every route and rpc needs', () => {
    const document = readFileSync(new URL('../../../docs/security.md', import.meta.url), 'utf8');
    const section = document.slice(document.indexOf('\n## What each route needs\n')).split('\n## ', 2)[1] ?? '';
    const rows = section
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) =>
        line
          .split('|')
          .slice(1, 3)
          .map((cell) => cell.trim()),
      );
    const inWords = (all: readonly (readonly Verb[] | 'open' | 'key')[]): string => {
      const [first = 'open'] = all;
      if (first === 'open') return 'nothing';
      if (first === 'key') return 'a key';
      return VERBS.filter((verb) => all.flat().includes(verb)).join(', ');
    };
    expect(rows).toEqual([
      ...Object.entries(ROUTE_NEEDS).map(([name, cases]) => [`\`${name}\``, inWords(cases.map(({ needs }) => needs))]),
      ...Object.entries(RPC_NEEDS).map(([name, { needs }]) => [`\`${name}\` (gRPC)`, inWords([needs])]),
    ]);
  });
});
