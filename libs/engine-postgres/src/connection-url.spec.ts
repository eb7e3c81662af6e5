import { describe, expect, it } from '@jest/globals';
import { readConnectionUrl } from './connection-url.js';

const URL_WITH = 'postgres://kv:s3cret@db.example:5433/data';

describe('a connection URL', () => {
  it('is described without user and password', () => {
    const { description, config } = readConnectionUrl(`${URL_WITH}?application_name=kv`);
    expect(description).toBe('db.example:5433/data');
    expect(config).toMatchObject({ host: 'db.example', port: 5433, user: 'kv', password: 's3cret', database: 'data' });
    expect(config.application_name).toBe('kv');
  });

  it('is not encrypted unless it says so', () => {
    expect(readConnectionUrl(URL_WITH).config.ssl).toBeUndefined();
    expect(readConnectionUrl(`${URL_WITH}?sslmode=disable`).config.ssl).toBe(false);
  });

  it('with sslmode=require takes any certificate, as libpq does', () => {
    expect(readConnectionUrl(`${URL_WITH}?sslmode=require`).config.ssl).toEqual({ rejectUnauthorized: false });
  });

  it('with sslmode=verify-full checks certificate and name', () => {
    expect(readConnectionUrl(`${URL_WITH}?sslmode=verify-full`).config.ssl).toEqual({});
  });

  it.each([
    'mysql://kv:s3cret@db.example/data',
    'kv:s3cret@db.example',
    `${URL_WITH}?sslmode=prefer`,
    `${URL_WITH}?sslmode=no-verify`,
    `${URL_WITH}?sslmode=verify-ca`,
    `${URL_WITH}?sslmode=verify-full&sslrootcert=/not/there.pem`,
  ])('that does not fit (%#) is refused without its password', (url) => {
    let message = '';
    try {
      readConnectionUrl(url);
    } catch (error) {
      message = String(error);
    }
    expect(message).toMatch(/^StoreUnavailableError: the database URL/);
    expect(message).not.toContain('s3cret');
  });
});
