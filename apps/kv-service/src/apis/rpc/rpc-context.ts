import type { Caller } from '@kvasir/http';

/** What a handler is told of its call, besides the request and the metadata. */
export interface RpcContext {
  /** Who calls, by its API key. */
  readonly caller: Caller;
}
