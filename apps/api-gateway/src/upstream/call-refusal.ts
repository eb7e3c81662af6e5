import type { GrpcCallError, GrpcStatusName } from '@kvasir/client';
import { WireRefusal } from '@kvasir/http';
import { ERROR_CATALOGUE, type ErrorCode } from '@kvasir/kv-core';
import { CHALLENGE } from '../auth/api-key-header.js';

const STATUS_OF: Partial<Record<GrpcStatusName, number>> = {
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 503,
  INVALID_ARGUMENT: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
};

/** What is said when kv-service is not there. */
export const UNAVAILABLE_TEXT = 'kv-service cannot be reached, or cannot serve now; try again later';

/** What is said instead of the call's own words, which tell of addresses and tokens behind the gateway. */
const TEXT_OF: Partial<Record<GrpcStatusName, string>> = {
  UNAVAILABLE: UNAVAILABLE_TEXT,
  DEADLINE_EXCEEDED: 'kv-service did not answer in time; a write may have been done',
  UNAUTHENTICATED: 'kv-service does not accept the token of this gateway',
  PERMISSION_DENIED: 'kv-service does not let this gateway do that',
};

/** What kv-service says, in trailers, when it refuses the caller's API key, rather than the gateway's token. */
const API_KEY_REFUSED = 'API_KEY_REFUSED';

/** What kv-service says, in trailers, when its own limit on requests is reached. */
const RATE_LIMITED = 'RATE_LIMITED';

const UNKNOWN_KEY = 'kv-service does not know this API key';

/** Whether a call was refused because of the API key that it was made for, so that nothing is wrong between the services. */
export function isAboutCaller({ errorCode }: GrpcCallError): boolean {
  return errorCode === API_KEY_REFUSED || errorCode === ('FORBIDDEN' satisfies ErrorCode);
}

/**
 * A call that failed, in HTTP's terms (docs/contracts/values.md).
 *
 * @param failure what a 500 says, made of the reason: `Failed to get value`
 */
export function refusalOf(error: GrpcCallError, failure: (reason: string) => string): WireRefusal {
  const status = statusOf(error);
  if (error.errorCode === API_KEY_REFUSED) {
    return new WireRefusal(status, UNKNOWN_KEY, { cause: error, headers: { 'WWW-Authenticate': CHALLENGE } });
  }
  if (error.errorCode === RATE_LIMITED) {
    const headers = { 'Retry-After': String(error.retryAfterSeconds ?? 1) };
    return new WireRefusal(status, error.reason, { cause: error, headers });
  }
  if (isAboutCaller(error)) return new WireRefusal(status, error.reason, { cause: error });
  const text = status === 500 ? failure(error.reason) : (TEXT_OF[error.status] ?? error.reason);
  return new WireRefusal(status, text, { cause: error });
}

function statusOf({ status, errorCode }: GrpcCallError): number {
  if (status !== 'RESOURCE_EXHAUSTED') return STATUS_OF[status] ?? 500;
  if (errorCode === RATE_LIMITED) return 429;
  // A message past a limit is gRPC's own error, without a code of the catalogue.
  return errorCode !== undefined && errorCode in ERROR_CATALOGUE ? 507 : 413;
}
