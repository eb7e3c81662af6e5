import { DiskFullError, KvError, OutcomeUnknownError, StoreUnavailableError } from '@kvasir/kv-core';
import pg from 'pg';

/**
 * What a failed call to the database means for those who wait for it.
 *
 * - `conflict`: rolled back for the sake of another transaction; the same again may work.
 * - `lost`: an established connection ended; whether the last statement was done is open.
 * - `unreachable`: no connection could be made.
 * - `refused`: the database answered that it cannot do this now (read-only, cancelled, no room); it is rolled back.
 * - `statement`: the database does not take just this statement.
 */
export type FailureKind = 'conflict' | 'lost' | 'unreachable' | 'refused' | 'statement';

/** A connection that could not be made; `cause` is why. */
export class ConnectError extends Error {
  constructor(cause: unknown) {
    super('no connection to the database', { cause });
  }
}

const CONFLICTS = new Set(['40001', '40P01']);
/** The session is over: by an administrator, a crash, a timeout of the server. */
const SESSION_ENDS = new Set(['57P01', '57P02', '57P04', '57P05', '25P03', '25P04']);
/** A write on a standby, or on a database that was set to read only. */
export const READ_ONLY = '25006';
const CANCELLED = '57014';
const DISK_FULL = '53100';
const TOO_MANY_CONNECTIONS = '53300';

/** Sorts an error that a call to the database ended with. */
export function failureKind(error: unknown): FailureKind {
  if (error instanceof ConnectError) return 'unreachable';
  const state = sqlState(error);
  if (state === undefined || state.startsWith('08') || SESSION_ENDS.has(state)) return 'lost';
  if (CONFLICTS.has(state)) return 'conflict';
  // Classes 53 (resources), 55 (locks), 57 (operators), 58 (system): the state of the server, not of the statement.
  if (state === READ_ONLY || /^5[3578]/.test(state)) return 'refused';
  return 'statement';
}

/** The five characters by which a server names its errors; undefined for errors that no server sent. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined;
}

/** Whether an error of a first connection may pass by itself; a wrong password or certificate does not. */
export function mayPass(error: unknown): boolean {
  if (error instanceof KvError) return false;
  if (!(error instanceof ConnectError)) return failureKind(error) !== 'statement';
  const state = sqlState(error.cause);
  if (state !== undefined) return state.startsWith('57') || state === TOO_MANY_CONNECTIONS || state.startsWith('08');
  const code = codeOf(error.cause);
  if (code === undefined) return !/SSL|TLS|certificate|password|SASL|SCRAM/i.test(messageOf(error.cause));
  return !/CERT|TLS|SSL|EPROTO|SIGNATURE|ISSUER/.test(code);
}

/** An error in the store's terms, whose text clients see: addresses and the server's own words are in its `cause`, for logs. Of the original only the message and the code stay: a server's `detail` quotes the row, and pg's errors may lead to the client with its password. */
export function storeErrorOf(error: unknown): KvError {
  if (error instanceof KvError) return error;
  const cause = plainCause(error);
  const state = sqlState(error);
  if (error instanceof ConnectError) {
    return new StoreUnavailableError('the database cannot be reached; nothing was changed', { cause });
  }
  if (state === READ_ONLY) {
    return new StoreUnavailableError('the database is read-only: it takes no writes until it is the primary again', {
      cause,
    });
  }
  if (state === CANCELLED) {
    return new StoreUnavailableError('the database cancelled the statement; nothing was changed', { cause });
  }
  if (state === DISK_FULL) return new DiskFullError('the disk of the database is full; nothing was changed', { cause });
  if (failureKind(error) === 'lost')
    return new StoreUnavailableError('the connection to the database was lost', { cause });
  return new StoreUnavailableError('the database refused the statement; nothing was changed', { cause });
}

/** The connection was lost behind a commit that had been sent. */
export function outcomeUnknown(error: unknown): OutcomeUnknownError {
  return new OutcomeUnknownError(
    'the connection to the database was lost while it committed; the write may or may not be there',
    { cause: plainCause(error) },
  );
}

/** What went wrong, for a log: the message and the code. */
export function reasonOf(error: unknown): string {
  if (error instanceof ConnectError) return reasonOf(error.cause);
  const message = messageOf(error);
  const code = codeOf(error);
  return code === undefined || message.includes(code) ? message : `${message}, ${code}`;
}

function plainCause(error: unknown): Error {
  return new Error(reasonOf(error));
}

function messageOf(error: unknown): string {
  const { message, errors } = Object(error) as { message?: unknown; errors?: unknown };
  // Node joins the failures of several addresses of one host into an error without a message of its own.
  if (message === '' && Array.isArray(errors)) return errors.map(messageOf).join('; ');
  return typeof message === 'string' ? message : String(error);
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}
