export { errorStatus, type ErrorStatus } from './error-status.js';
export type { HttpLogger } from './http-logger.js';
export { listBody } from './list-body.js';
export { decodePercent } from './percent-decoding.js';
export { shorten } from './shorten.js';
export {
  ApiRefusals,
  BODY_REFUSALS,
  COMMON_REFUSALS,
  WRITE_REFUSALS,
  type RefusalDoc,
  type RefusalDocs,
} from './wire-docs.js';
export {
  DEFAULT_HTTP_TIMEOUTS,
  KvasirHttpAdapter,
  type HttpAdapterOptions,
  type HttpTimeouts,
} from './kvasir-http-adapter.js';
export { REQUEST_LIMITS } from './request-limits.js';
export { JSON_CONTENT_TYPE, WireAnswer, type WireBody, type WireHeaders } from './wire-answer.js';
export { WireController, WireDelete, WireGet, WirePost, WirePut, type WireRouteDecorator } from './wire-decorators.js';
export { DEFAULT_API, problemAnswer, type ProblemOptions, type WireApi, type WireErrors } from './wire-errors.js';
export { WireQuery } from './wire-query.js';
export { WireRefusal, type WireRefusalOptions } from './wire-refusal.js';
export type { WireRequest } from './wire-request.js';
export type { WireGate } from './wire-dispatcher.js';
export type { WireHandler, WireMethod } from './wire-router.js';
export { WireModule } from './wire.module.js';
