import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { settingsMarkdown } from '@kvasir/config';
import { readConfig } from './config.js';
import { PROGRAM, VALIDATE_PROGRAM } from './settings.js';

describe('the configuration of test-client', () => {
  it('has the defaults of the contract', () => {
    expect(readConfig({}, [])).toEqual({
      kind: 'settings',
      settings: {
        http: { port: 8001, host: '0.0.0.0' },
        target: { url: 'http://kv-service:8000', timeoutMs: 10_000 },
        log: { level: 'info', format: 'auto' },
        tracing: expect.objectContaining({ endpoint: undefined, tracesEndpoint: undefined }),
        shutdown: { timeoutMs: 4000, delayMs: 0 },
      },
    });
    expect(VALIDATE_PROGRAM.sections.target.settings.url.default).toBe('http://localhost:8000');
  });

  it('takes the address of the service, with a path if there is one', () => {
    const env = { KV_SERVICE_URL: ' https://kv.example:444/base/ ', PORT: '9001' };
    expect(readConfig(env, ['--host', '127.0.0.1'])).toMatchObject({
      settings: { http: { port: 9001, host: '127.0.0.1' }, target: { url: 'https://kv.example:444/base' } },
    });
  });

  it.each(['kv-service', 'kv-service:8000', 'ftp://kv-service', 'http://', 'http://u:p@kv-service', 'http://a/?b'])(
    'refuses the address %s',
    (url) => {
      expect(readConfig({ KV_SERVICE_URL: url }, [])).toEqual({
        kind: 'invalid',
        text: `KV_SERVICE_URL is "${url}": allowed is an http:// or https:// URL without user name, password, query and fragment\n`,
      });
    },
  );

  it('is what docs/configuration.md says', () => {
    const document = readFileSync(new URL('../../../../docs/configuration.md', import.meta.url), 'utf8');
    expect(document).toContain(settingsMarkdown(PROGRAM));
  });
});
