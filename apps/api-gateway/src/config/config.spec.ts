import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { settingsMarkdown } from '@kvasir/config';
import { acceptedKeys, readConfig } from './config.js';
import { PROGRAM } from './settings.js';

describe('the configuration of api-gateway', () => {
  it('has the defaults of the contract', () => {
    const result = readConfig({ API_KEY: 'k' }, []);
    if (result.kind !== 'settings') throw new Error(result.text);
    const { http, upstream } = result.settings;
    expect(http).toEqual({ port: 8888, host: '0.0.0.0', maxBodyBytes: 1_048_576 });
    expect(upstream).toEqual({ address: 'kv-service:50051', deadlineMs: 2000 });
    expect(acceptedKeys(result.settings)).toEqual(['k']);
  });

  it.each([
    ['localhost:50051', 'localhost:50051'],
    ['10.0.0.1:1', '10.0.0.1:1'],
    ['[::1]:50051', '[::1]:50051'],
    [' kv_service:65535 ', 'kv_service:65535'],
  ])('takes %j as an address', (text, address) => {
    const result = readConfig({ API_KEY: 'k', KV_GRPC_URL: text }, []);
    expect(result).toMatchObject({ settings: { upstream: { address } } });
  });

  it.each([
    'localhost',
    'localhost:',
    ':50051',
    'localhost:0',
    'localhost:65536',
    'http://localhost:1',
    '[::1]',
    '[x]:1',
  ])('refuses %j as an address', (text) => {
    expect(readConfig({ API_KEY: 'k', KV_GRPC_URL: text }, [])).toMatchObject({
      kind: 'invalid',
      text: expect.stringMatching(/^KV_GRPC_URL is /),
    });
  });

  it('keeps the key of the metrics apart from those of clients', () => {
    const env = { API_KEY: 'one', API_KEYS: 'two, three' };
    expect(readConfig({ ...env, METRICS_KEY: 'four' }, [])).toMatchObject({ settings: { metrics: { key: 'four' } } });
    for (const key of ['one', 'two', 'three']) {
      expect(readConfig({ ...env, METRICS_KEY: key }, [])).toEqual({
        kind: 'invalid',
        text: 'METRICS_KEY is also a key of clients: allowed is one that is not in API_KEY or API_KEYS\n',
      });
    }
  });

  it('never prints a key', () => {
    const result = readConfig(
      { API_KEY: 'se cret', API_KEYS: 'a,,secret', GRPC_TOKEN: 'sec\u00e9t', METRICS_KEY: 'sec cret' },
      [],
    );
    expect(result).toEqual({ kind: 'invalid', text: expect.not.stringMatching(/cret|sec/) });
  });

  it('is documented as it is', () => {
    const document = readFileSync(new URL('../../../../docs/configuration.md', import.meta.url), 'utf8');
    expect(document).toContain(settingsMarkdown(PROGRAM));
  });
});
