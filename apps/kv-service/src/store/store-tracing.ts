import type { LogObserver } from '@kvasir/engine-wal';
import type { Tracer } from '@kvasir/tracing';
import type { KvServiceConfig } from '../config/config.js';
import { LastSync } from './last-sync.js';
import type { StoreTracing } from './traced-store.js';

/** What to inject for the `Tracer`, as optional: there is none where there are no traces. */
export const TRACER = Symbol('tracer');

/**
 * What the store of a configuration is traced with.
 *
 * @param next who else is told how the log is written
 */
export function storeTracing(
  tracer: Tracer,
  { engine, fsync }: KvServiceConfig['store'],
  next: LogObserver | undefined,
): StoreTracing {
  const syncs = engine === 'wal' && fsync === 'always' ? new LastSync(next) : undefined;
  return { tracer, syncs, readsRemotely: engine === 'postgres' };
}
