import type { HttpAnswer } from './http-message.js';

/** Stable names of what can go wrong, for programs. */
export type KvClientErrorCode =
  'KEY_REFUSED' | 'VALUE_REFUSED' | 'CONNECTION_FAILED' | 'TIMED_OUT' | 'UNEXPECTED_STATUS' | 'MALFORMED_ANSWER';

/** What every error of this client is. */
export abstract class KvClientError extends Error {
  abstract readonly code: KvClientErrorCode;
}

/** A key that no request is sent for: outside the store's limits, or `.` or `..`, which URLs cannot carry. */
export class KeyRefusedError extends KvClientError {
  override readonly name = 'KeyRefusedError';
  readonly code = 'KEY_REFUSED';
}

/** A value that is no JSON. */
export class ValueRefusedError extends KvClientError {
  override readonly name = 'ValueRefusedError';
  readonly code = 'VALUE_REFUSED';
}

/**
 * The service could not be reached, the connection broke before the whole answer was there, or what came is not HTTP. The message is the connection's own; `cause` is its error.
 */
export class ConnectionFailedError extends KvClientError {
  override readonly name = 'ConnectionFailedError';
  readonly code = 'CONNECTION_FAILED';

  /**
   * @param mayHaveArrived whether the service may have got the request, and done it: false when there was no connection at all
   */
  constructor(
    message: string,
    readonly mayHaveArrived: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The whole answer was not there in time. The service may have done what it was asked, or may still do it. */
export class TimedOutError extends KvClientError {
  override readonly name = 'TimedOutError';
  readonly code = 'TIMED_OUT';

  /** @param timeoutMs the milliseconds that the call was given */
  constructor(
    readonly timeoutMs: number,
    options?: ErrorOptions,
  ) {
    super(`no whole answer within ${timeoutMs} ms`, options);
  }
}

// Long enough for an error text, short enough for a log line.
const MAX_SHOWN = 200;

function shown({ text }: HttpAnswer): string {
  if (text === '') return 'an empty body';
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}… (${text.length} characters)`;
}

/** An answer whose status says that the request was refused or failed, redirects included: none is followed. */
export class UnexpectedStatusError extends KvClientError {
  override readonly name = 'UnexpectedStatusError';
  readonly code = 'UNEXPECTED_STATUS';

  /** @param answer with the status and the body as text */
  constructor(readonly answer: HttpAnswer) {
    super(`the service answered ${answer.status}: ${shown(answer)}`);
  }
}

/** An answer of the right status whose body is not what that status comes with: no JSON, without the promised members, or too large. */
export class MalformedAnswerError extends KvClientError {
  override readonly name = 'MalformedAnswerError';
  readonly code = 'MALFORMED_ANSWER';

  /** @param answer with the status and the body as text */
  constructor(
    readonly answer: HttpAnswer,
    problem: string,
    options?: ErrorOptions,
  ) {
    super(`the service answered ${answer.status}, but ${problem}: ${shown(answer)}`, options);
  }
}
