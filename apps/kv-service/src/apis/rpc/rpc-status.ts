import { Metadata, status as Status, type StatusObject } from '@grpc/grpc-js';
import { KvError, type ErrorKind } from '@kvasir/kv-core';

/** How a call ends that is not served. */
export type RpcStatus = Partial<StatusObject> & Pick<StatusObject, 'code' | 'details'>;

/** In trailers: the code of kv-core's catalogue, or API_KEY_REFUSED, for programs. It tells a full store from a message that is too long, which are one status in gRPC. */
export const ERROR_CODE_KEY = 'kvasir-error';

const STATUS_OF_KIND: Readonly<Record<Exclude<ErrorKind, 'damaged'>, Status>> = {
  request: Status.INVALID_ARGUMENT,
  forbidden: Status.PERMISSION_DENIED,
  full: Status.RESOURCE_EXHAUSTED,
  unavailable: Status.UNAVAILABLE,
};

/** A call that is refused with a status and a text that its sender may read. */
export class RpcRefusal extends Error {
  constructor(
    readonly code: Status,
    message: string,
    /** For programs, in trailers, where the status alone does not say it. */
    readonly errorCode?: string,
  ) {
    super(message);
    this.name = 'RpcRefusal';
  }
}

/** The status of every error that is thrown on purpose. Undefined for any other, and for damaged data: its text is for operators. */
export function knownStatus(error: unknown): RpcStatus | undefined {
  if (error instanceof RpcRefusal) return statusOf(error.code, error.message, error.errorCode);
  if (error instanceof KvError && error.kind !== 'damaged') {
    return statusOf(STATUS_OF_KIND[error.kind], error.message, error.code);
  }
  return undefined;
}

function statusOf(code: Status, details: string, errorCode: string | undefined): RpcStatus {
  if (errorCode === undefined) return { code, details };
  const metadata = new Metadata();
  metadata.set(ERROR_CODE_KEY, errorCode);
  return { code, details, metadata };
}

/** The status behind every unexpected error: it tells the client nothing of what failed. */
export const INTERNAL_STATUS: RpcStatus = { code: Status.INTERNAL, details: 'internal error' };
