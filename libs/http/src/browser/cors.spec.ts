import { describe, expect, test } from '@jest/globals';
import { Cors } from './cors.js';

const PREFLIGHT = { origin: 'https://app.example', 'access-control-request-method': 'PUT' };

describe('Cors', () => {
  const named = new Cors(['https://app.example', 'http://localhost:5173']);

  test('lets the named origins read answers, and says that the answer depends on who asks', () => {
    for (const origin of ['https://app.example', 'http://localhost:5173']) {
      expect(named.headersFor({ origin })).toEqual({
        'Access-Control-Allow-Origin': origin,
        'Access-Control-Expose-Headers': expect.stringContaining('Retry-After'),
        Vary: 'Origin',
      });
    }
  });

  test.each([
    undefined,
    '',
    'null',
    '*',
    'https://app.example.evil',
    'https://app.example:8443',
    'http://app.example',
    'https://APP.example',
    '__proto__',
  ])('tells the origin %j nothing but that it depends on who asks', (origin) => {
    expect(named.headersFor(origin === undefined ? {} : { origin })).toEqual({ Vary: 'Origin' });
  });

  test('with * any origin may read, and caches need not tell them apart', () => {
    const all = new Cors('*');
    for (const origin of ['https://app.example', 'null'])
      expect(all.headersFor({ origin })).toEqual({
        'Access-Control-Allow-Origin': '*',
        'Access-Control-Expose-Headers': expect.any(String),
      });
    expect(all.headersFor({})).toEqual({});
  });

  test('answers a preflight with what may be sent', () => {
    const answer = named.preflight('OPTIONS', PREFLIGHT);
    expect([answer?.status, answer?.body]).toEqual([204, '']);
    expect(answer?.headers).toMatchObject({
      'Access-Control-Allow-Methods': expect.stringContaining('PUT'),
      'Access-Control-Allow-Headers': expect.stringContaining('X-Api-Key'),
    });
  });

  test('answers the preflight of a stranger without saying that anything may be sent', () => {
    expect(named.preflight('OPTIONS', { ...PREFLIGHT, origin: 'https://evil.example' })?.headers).toEqual({});
  });

  test.each([
    ['PUT', PREFLIGHT],
    ['OPTIONS', {}],
    ['OPTIONS', { origin: 'https://app.example' }],
    ['OPTIONS', { 'access-control-request-method': 'PUT' }],
  ])('does not take %s with %j for a preflight', (method, headers) => {
    expect(named.preflight(method, headers)).toBeUndefined();
  });

  test('never allows cookies', () => {
    const all = { ...named.headersFor(PREFLIGHT), ...named.preflight('OPTIONS', PREFLIGHT)?.headers };
    expect(Object.keys(all)).not.toContain('Access-Control-Allow-Credentials');
  });
});
