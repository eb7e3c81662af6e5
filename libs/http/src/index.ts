export type { CorsOrigins } from './browser/cors.js';
export { PAGE_HEADERS } from './browser/page-headers.js';
export { errorStatus, type ErrorStatus } from './error-status.js';
export type { HttpLogger } from './http-logger.js';
export { parseTrustProxy, type AddressSource, type TrustProxy } from './limits/client-address.js';
export { limitConnections } from './limits/connection-limit.js';
export { RateLimiter, type RateExcess, type RateLimiterOptions } from './limits/rate-limiter.js';
export { listBody } from './list-body.js';
export { decodePercent } from './percent-decoding.js';
export { ProblemDto } from './problem.dto.js';
export { requestId } from './request-log.js';
export type { RequestObserver } from './request-observer.js';
export { shorten } from './shorten.js';
export {
  ApiRefusals,
  BODY_REFUSALS,
  COMMON_REFUSALS,
  DELETE_REFUSALS,
  forbiddenTo,
  KEY_REFUSALS,
  RATE_REFUSALS,
  READ_REFUSALS,
  SERVER_REFUSALS,
  STORE_REFUSALS,
  WRITE_REFUSALS,
  type RefusalDoc,
  type RefusalDocs,
} from './wire-docs.js';
export {
  DEFAULT_HTTP_TIMEOUTS,
  DEFAULT_MAX_BODIES_BYTES,
  KvasirHttpAdapter,
  type HttpAdapterOptions,
  type HttpTimeouts,
  type TlsIdentity,
} from './kvasir-http-adapter.js';
export { REQUEST_LIMITS } from './request-limits.js';
export { JSON_CONTENT_TYPE, WireAnswer, type WireBody, type WireHeaders } from './wire-answer.js';
export {
  WireController,
  WireDelete,
  WireGet,
  WirePost,
  WirePostStream,
  WirePut,
  type WireRouteDecorator,
} from './wire-decorators.js';
export { DEFAULT_API, problemAnswer, type ProblemOptions, type WireApi, type WireErrors } from './wire-errors.js';
export { ANYONE, type Caller, type WireGate } from './wire-gate.js';
export { WireQuery } from './wire-query.js';
export { WireRefusal, type WireRefusalOptions } from './wire-refusal.js';
export type { WireRequest } from './wire-request.js';
export type { WireHandler, WireMethod, WireRoute } from './wire-router.js';
export { WireModule } from './wire.module.js';
