import { describe, expect, it } from '@jest/globals';
import { readSettings, type Program } from '@kvasir/config';
import { connections, httpOptions, rate, rateLimiter, web } from './http-settings.js';

const PROGRAM = {
  name: 'service',
  summary: 'A service.',
  version: () => '1',
  sections: { connections, rate, web },
} satisfies Program;

function read(env: Readonly<Record<string, string>>) {
  const result = readSettings(PROGRAM, { env, argv: [] });
  if (result.kind !== 'settings') throw new Error(result.text);
  return result.settings;
}

function problem(variable: string, value: string): string {
  const result = readSettings(PROGRAM, { env: { [variable]: value }, argv: [] });
  if (result.kind !== 'invalid') throw new Error(`${variable}=${value} was taken`);
  return result.text;
}

describe('the settings of the HTTP side', () => {
  it('have no limit on requests and let no other site in, unless they are set', () => {
    const settings = read({});
    expect(settings.connections).toEqual({
      max: 16_384,
      maxBodiesBytes: 268_435_456,
      headersTimeoutMs: 10_000,
      requestTimeoutMs: 60_000,
      stallTimeoutMs: 60_000,
      keepAliveTimeoutMs: 65_000,
    });
    expect(settings.rate).toEqual({ limit: 0, burst: undefined, trustProxy: undefined });
    expect(rateLimiter(settings)).toBeUndefined();
    expect(httpOptions(settings, 1)).toMatchObject({ corsOrigins: undefined, maxConnections: 16_384 });
    expect(settings.web.docs).toBe('on');
  });

  it('give every caller RATE_LIMIT requests at once, or RATE_LIMIT_BURST', () => {
    const source = { headers: {}, socket: { remoteAddress: '192.0.2.1' } };
    const admitted = (env: Readonly<Record<string, string>>): number => {
      const limiter = rateLimiter(read(env));
      let count = 0;
      while (count < 1000 && limiter?.count(undefined, source) === undefined) count++;
      return count;
    };
    expect(admitted({ RATE_LIMIT: '1' })).toBe(1);
    expect(admitted({ RATE_LIMIT: '1', RATE_LIMIT_BURST: '20' })).toBe(20);
  });

  it('never give the headers of a request more time than the request has', () => {
    const { timeouts } = httpOptions(read({ HEADERS_TIMEOUT_MS: '10000', REQUEST_TIMEOUT_MS: '500' }), 7);
    expect(timeouts).toMatchObject({ headersMs: 500, requestMs: 500, checkIntervalMs: 50, drainMs: 7 });
  });

  it('look for what is late at least once a second', () => {
    expect(httpOptions(read({}), 1).timeouts.checkIntervalMs).toBe(1000);
    expect(httpOptions(read({ REQUEST_TIMEOUT_MS: '1' }), 1).timeouts.checkIntervalMs).toBe(1);
  });

  it.each([
    ['CORS_ORIGINS', 'app.example'],
    ['CORS_ORIGINS', 'https://app.example/'],
    ['CORS_ORIGINS', 'https://APP.example'],
    ['CORS_ORIGINS', 'https://app.example:443'],
    ['CORS_ORIGINS', 'https://*.example'],
    ['CORS_ORIGINS', '*,https://app.example'],
    ['CORS_ORIGINS', 'null'],
    ['TRUST_PROXY', 'true'],
    ['TRUST_PROXY', '10.0.0.0/99'],
    ['RATE_LIMIT', '-1'],
    ['RATE_LIMIT', '0.5'],
    ['RATE_LIMIT_BURST', '0'],
    ['MAX_CONNECTIONS', '0'],
    ['HEADERS_TIMEOUT_MS', '0'],
    ['DOCS', 'no'],
  ])('do not take %s=%s', (variable, value) => {
    expect(problem(variable, value)).toMatch(new RegExp(`^${variable} is .*: allowed is `));
  });

  it.each([
    ['*', '*'],
    ['https://app.example', ['https://app.example']],
    [' https://app.example:8443, http://localhost:5173', ['https://app.example:8443', 'http://localhost:5173']],
  ])('take CORS_ORIGINS=%s', (text, origins) => {
    expect(read({ CORS_ORIGINS: text }).web.corsOrigins).toEqual(origins);
  });
});
