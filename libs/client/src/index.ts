export type { TraceHeaders } from '@kvasir/tracing';
export { baseUrl, type BaseUrl } from './base-url.js';
export {
  ConnectionFailedError,
  KeyRefusedError,
  KvClientError,
  MalformedAnswerError,
  TimedOutError,
  UnexpectedStatusError,
  ValueRefusedError,
  type KvClientErrorCode,
} from './errors.js';
export type { HttpAnswer, HttpRequest } from './http-message.js';
export { HttpTransport, type CallOptions, type HttpTransportOptions } from './http-transport.js';
export { KeysApi } from './keys-api.js';
export { keysRequests } from './keys-requests.js';
export { KvApi, type StoreFigures } from './kv-api.js';
export type { BatchOperation, BatchResult, PutOptions } from './kv-batch.js';
export { KvClient } from './kv-client.js';
export { GrpcCallError, type GrpcStatusName } from './grpc/grpc-errors.js';
export { GrpcKvClient, type GrpcCallOptions } from './grpc/grpc-kv-client.js';
export type { GrpcClientTls, GrpcKvClientOptions } from './grpc/grpc-options.js';
