import { JsonReadError, KvError, type ErrorKind } from '@kvasir/kv-core';
import type { WireHeaders } from './wire-answer.js';
import { WireRefusal } from './wire-refusal.js';

/** An error in HTTP's terms: what every API says of it, each in its own form. */
export interface ErrorStatus {
  readonly status: number;
  /** For the client to read. */
  readonly text: string;
}

const STATUS_OF_KIND: Readonly<Record<ErrorKind, number>> = {
  request: 400,
  forbidden: 403,
  full: 507,
  unavailable: 503,
  damaged: 500,
};

/**
 * The status and text of every error that is thrown on purpose: refusals, the catalogue of kv-core, bodies that are no JSON. Undefined for any other, and for damaged data: its text is for
 * operators, so it is logged like an unexpected error.
 */
export function errorStatus(error: unknown): ErrorStatus | undefined {
  if (error instanceof WireRefusal) return { status: error.status, text: error.message };
  if (error instanceof JsonReadError) return { status: 400, text: `the body does not fit: ${error.message}` };
  if (error instanceof KvError && error.kind !== 'damaged') {
    return { status: STATUS_OF_KIND[error.kind], text: error.message };
  }
  return undefined;
}

/** Of what passes by itself within moments, and has changed nothing. In seconds. */
const RETRY_AFTER: WireHeaders = { 'Retry-After': '1' };

/** Headers that the answer to an error must have whatever the API's form is. */
export function errorHeaders(error: unknown): WireHeaders | undefined {
  if (error instanceof WireRefusal) return error.headers;
  const passes = error instanceof KvError && (error.code === 'STORE_STARTING' || error.code === 'STORE_CLOSED');
  return passes ? RETRY_AFTER : undefined;
}
