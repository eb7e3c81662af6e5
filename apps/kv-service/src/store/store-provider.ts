import type { FactoryProvider } from '@nestjs/common';
import type { LogStatus } from '@kvasir/engine-wal';
import type { KvStore } from '@kvasir/kv-core';
import { ENGINE_EXTRAS, type EngineExtras } from './engine-extras.token.js';
import { StoreLifecycle } from './store-lifecycle.js';
import { STORE } from './store.token.js';

/** The store alone: what jobs inject, and what every API works on by way of `Access`. */
export const storeProvider: FactoryProvider<KvStore> = {
  provide: STORE,
  inject: [StoreLifecycle],
  useFactory: ({ store }: StoreLifecycle) => store,
};

/** What the engine offers besides the port, in words that need no engine. */
export const engineExtrasProvider: FactoryProvider<EngineExtras> = {
  provide: ENGINE_EXTRAS,
  inject: [StoreLifecycle],
  useFactory: (lifecycle: StoreLifecycle) => ({
    figures: () => (lifecycle.log === undefined ? {} : { log: figuresOf(lifecycle.log.status()) }),
    get compactLog() {
      const { log } = lifecycle;
      return log === undefined ? undefined : () => log.compact();
    },
  }),
};

/** Times are Unix milliseconds; `null` stands for what there is not. */
function figuresOf({ bytes, liveBytes, compaction }: LogStatus): object {
  const { running, progress, completed, failed, last, lastError } = compaction;
  return {
    bytes,
    live_bytes: liveBytes,
    compaction: {
      running,
      progress: progress === undefined ? null : Math.floor(progress * 100) / 100,
      completed,
      failed,
      last: last
        ? {
            at: last.at,
            bytes_before: last.bytesBefore,
            bytes_after: last.bytesAfter,
            entries: last.entries,
            duration_ms: Math.round(last.milliseconds),
            pause_ms: Math.round(last.pauseMilliseconds * 10) / 10,
          }
        : null,
      last_error: lastError ?? null,
    },
  };
}
