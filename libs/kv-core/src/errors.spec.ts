import { describe, expect, it } from '@jest/globals';
import {
  DataCorruptError,
  DataDirLockedError,
  DiskFullError,
  ERROR_CATALOGUE,
  ForbiddenError,
  KeyInvalidError,
  KvError,
  LoadInvalidError,
  OutcomeUnknownError,
  QueryInvalidError,
  SchemaUnsupportedError,
  StoreClosedError,
  StoreFullError,
  StoreNotEmptyError,
  StoreStartingError,
  StoreUnavailableError,
  TransactionInvalidError,
  WriteFailedError,
} from './errors.js';

const cause = new Error('ENOSPC');

const ERRORS = [
  new KeyInvalidError('the key is empty'),
  new QueryInvalidError('the limit is 0'),
  new TransactionInvalidError('the TTL is 1.5 ms'),
  new ForbiddenError('this API key may not write'),
  new LoadInvalidError('the backup has no footer', { cause }),
  new StoreNotEmptyError(5),
  new StoreFullError('512 MiB are in use'),
  new DiskFullError('the log cannot grow', { cause }),
  new StoreStartingError('the log is being replayed'),
  new StoreClosedError(),
  new StoreUnavailableError('the database does not answer', { cause }),
  new WriteFailedError('fdatasync failed', { cause }),
  new OutcomeUnknownError('the connection was lost', { cause }),
  new SchemaUnsupportedError('the database has migration 9', { cause }),
  new DataCorruptError('line 5 is damaged', { cause }),
  new DataDirLockedError('process 7 has it', { cause }),
];

describe('the error catalogue', () => {
  it('has one class for each code', () => {
    expect(ERRORS.map((error) => error.code).sort()).toEqual(Object.keys(ERROR_CATALOGUE).sort());
  });

  it('explains each code in a sentence', () => {
    for (const { meaning } of Object.values(ERROR_CATALOGUE)) expect(meaning).toMatch(/^[A-Z].*\.$/);
  });

  it('never changes what a code says of the cause: clients and wire APIs build on it', () => {
    const kinds = Object.entries(ERROR_CATALOGUE).map(([code, { kind }]) => [code, kind]);
    expect(Object.fromEntries(kinds)).toEqual({
      KEY_INVALID: 'request',
      QUERY_INVALID: 'request',
      TRANSACTION_INVALID: 'request',
      FORBIDDEN: 'forbidden',
      LOAD_INVALID: 'request',
      STORE_NOT_EMPTY: 'request',
      STORE_FULL: 'full',
      DISK_FULL: 'full',
      STORE_STARTING: 'unavailable',
      STORE_CLOSED: 'unavailable',
      STORE_UNAVAILABLE: 'unavailable',
      WRITE_FAILED: 'unavailable',
      OUTCOME_UNKNOWN: 'unavailable',
      SCHEMA_UNSUPPORTED: 'unavailable',
      DATA_CORRUPT: 'damaged',
      DATA_DIR_LOCKED: 'unavailable',
    });
  });
});

describe.each(ERRORS.map((error) => ({ name: error.constructor.name, error })))('$name', ({ name, error }) => {
  it('is an error of the catalogue, by class, name and kind', () => {
    expect(error).toBeInstanceOf(KvError);
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe(name);
    expect(error.kind).toBe(ERROR_CATALOGUE[error.code].kind);
    expect(error.message).not.toBe('');
  });
});

describe('KvError', () => {
  it('keeps the error that caused it', () => {
    expect(new DiskFullError('the log cannot grow', { cause }).cause).toBe(cause);
    expect(new KvError('DATA_CORRUPT', 'damaged', { cause })).toMatchObject({
      cause,
      name: 'KvError',
      kind: 'damaged',
    });
    expect('cause' in new StoreClosedError()).toBe(false);
  });
});
