import { describe, expect, it } from '@jest/globals';
import { StoreFullError } from '@kvasir/kv-core';
import pg from 'pg';
import { ConnectError, failureKind, mayPass, reasonOf, storeErrorOf } from './database-failure.js';

function serverError(code: string): pg.DatabaseError {
  const error = new pg.DatabaseError('what the server said', 20, 'error');
  error.code = code;
  error.detail = 'Failing row contains (key, secret value).';
  return error;
}

function systemError(code: string): Error {
  return Object.assign(new Error(`connect ${code} 127.0.0.1:5432`), { code });
}

describe('failures of the database', () => {
  it.each([
    ['40001', 'conflict'],
    ['40P01', 'conflict'],
    ['57P01', 'lost'],
    ['08006', 'lost'],
    ['25P03', 'lost'],
    ['25006', 'refused'],
    ['57014', 'refused'],
    ['53100', 'refused'],
    ['53200', 'refused'],
    ['23514', 'statement'],
    ['22021', 'statement'],
  ])('with SQLSTATE %s are of the kind %s', (code, kind) => {
    expect(failureKind(serverError(code))).toBe(kind);
  });

  it('that no server sent mean that the connection is lost, or was never made', () => {
    expect(failureKind(systemError('ECONNRESET'))).toBe('lost');
    expect(failureKind(new ConnectError(systemError('ECONNREFUSED')))).toBe('unreachable');
  });

  it.each(['ECONNREFUSED', 'ENOTFOUND', 'ETIMEDOUT'])('at a first connection may pass: %s', (code) => {
    expect(mayPass(new ConnectError(systemError(code)))).toBe(true);
  });

  it.each(['57P03', '53300'])('at a first connection may pass: SQLSTATE %s', (code) => {
    expect(mayPass(new ConnectError(serverError(code)))).toBe(true);
  });

  it('at a first connection do not pass by themselves: a password, a database, a certificate', () => {
    expect(mayPass(new ConnectError(serverError('28P01')))).toBe(false);
    expect(mayPass(new ConnectError(serverError('3D000')))).toBe(false);
    expect(mayPass(new ConnectError(systemError('DEPTH_ZERO_SELF_SIGNED_CERT')))).toBe(false);
    expect(mayPass(new ConnectError(new Error('The server does not support SSL connections')))).toBe(false);
  });

  it('become errors of the store that hold neither a row nor the client', () => {
    const error = storeErrorOf(Object.assign(serverError('23514'), { client: { password: 's3cret' } }));
    expect(error.code).toBe('STORE_UNAVAILABLE');
    expect(error.message).toBe('the database refused the statement; nothing was changed');
    expect(error.cause).toEqual(new Error('what the server said, 23514'));
    expect(Object.keys(error.cause as Error)).toEqual([]);
  });

  it('tell clients neither address nor port of the database', () => {
    const error = storeErrorOf(new ConnectError(systemError('ECONNREFUSED')));
    expect(error.message).toBe('the database cannot be reached; nothing was changed');
    expect(error.cause).toEqual(new Error('connect ECONNREFUSED 127.0.0.1:5432'));
  });

  it('that mean a full disk, or are errors of the store already, keep their code', () => {
    expect(storeErrorOf(serverError('53100')).code).toBe('DISK_FULL');
    const full = new StoreFullError('no room');
    expect(storeErrorOf(full)).toBe(full);
  });

  it('of several addresses of one host are all named', () => {
    const failures = [systemError('ECONNREFUSED'), systemError('ETIMEDOUT')];
    const error = Object.assign(new AggregateError(failures, 'as Node makes it'), { message: '' });
    expect(reasonOf(new ConnectError(error))).toBe(
      'connect ECONNREFUSED 127.0.0.1:5432; connect ETIMEDOUT 127.0.0.1:5432',
    );
  });
});
