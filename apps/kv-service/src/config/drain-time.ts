import type { KvServiceConfig } from './config.js';

/** The part of the shutdown's time that requests in progress get; the rest is for the log. */
const DRAIN_SHARE = 0.75;

/** Milliseconds that requests in progress get when the service stops. */
export function drainMs(config: KvServiceConfig): number {
  return config.shutdown.timeoutMs * DRAIN_SHARE;
}
