import type { WireApi } from './wire-errors.js';
import type { WireRoute } from './wire-router.js';

/** What a request counts as whose client went away before it was answered, or in the midst of an answer in pieces; no client ever sees it. */
export const CLIENT_GONE = 499;

/** Told of requests, for metrics. */
export interface RequestObserver {
  /**
   * A request was answered; called once for each. Must be quick, and must not throw.
   *
   * @param route undefined for a request that fits none, or goes to Express
   * @param method as it was sent
   * @param status as it was sent; for an answer that broke off that of the error behind it, {@link CLIENT_GONE} when there was nobody, or soon nobody any more, to send it to
   * @param ms from the first look at the request to the last byte handed to the socket, in milliseconds
   */
  answered(route: WireRoute | undefined, api: WireApi, method: string, status: number, ms: number): void;
}
