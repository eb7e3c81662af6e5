import { status as Status, type ServiceError } from '@grpc/grpc-js';

/** The names of gRPC's status codes, `OK` aside. */
export type GrpcStatusName = Exclude<keyof typeof Status, 'OK'>;

/** Where kv-service says, in trailers, which error of its catalogue it was: `STORE_FULL`, `KEY_INVALID`. */
const ERROR_CODE_KEY = 'kvasir-error';

/** Where kv-service says, in trailers, when a caller that asks too often may ask again. */
const RETRY_AFTER_KEY = 'retry-after';

/**
 * A call that did not end with OK. A write behind UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED or INTERNAL may have been done, or may still be; behind the others nothing was done.
 */
export class GrpcCallError extends Error {
  override readonly name = 'GrpcCallError';
  /** For programs: `UNAVAILABLE`, `INVALID_ARGUMENT`. */
  readonly status: GrpcStatusName;
  /** What was wrong, in the words of whoever found it: kv-service, or gRPC itself. */
  readonly reason: string;
  /** The error's code in kv-service's catalogue (docs/errors.md), `API_KEY_REFUSED` or `RATE_LIMITED`; undefined when the error was none of those. */
  readonly errorCode: string | undefined;
  /** Whole seconds until kv-service will take the next call; undefined when it did not say. */
  readonly retryAfterSeconds: number | undefined;

  constructor(rpc: string, error: ServiceError) {
    const status = (Status[error.code] ?? 'UNKNOWN') as GrpcStatusName;
    super(`${rpc} ended with ${status}: ${error.details}`, { cause: error });
    this.status = status;
    this.reason = error.details;
    this.errorCode = error.metadata?.get(ERROR_CODE_KEY)[0]?.toString();
    const retryAfter = Number(error.metadata?.get(RETRY_AFTER_KEY)[0]);
    this.retryAfterSeconds = Number.isSafeInteger(retryAfter) ? retryAfter : undefined;
  }
}
