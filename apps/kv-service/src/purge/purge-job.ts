import {
  Inject,
  Injectable,
  Optional,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { StoreStartingError, type KvStore } from '@kvasir/kv-core';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import type { KvServiceConfig } from '../config/config.js';
import { KV_SERVICE_CONFIG } from '../config/config.token.js';
import { ServiceCounts } from '../metrics/service-counts.js';
import { STORE } from '../store/store.token.js';

const JOB = 'purge';

/** About a millisecond of work: what other requests may wait for. */
const KEYS_PER_STEP = 1000;

/** Frees the memory of expired keys every `PURGE_INTERVAL_MS`. Readers do not see expired keys in any case. */
@Injectable()
export class PurgeJob implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private sweeping: Promise<void> | undefined;
  private stopped = false;

  constructor(
    @Inject(STORE) private readonly store: KvStore,
    @Inject(KV_SERVICE_CONFIG) private readonly config: KvServiceConfig,
    private readonly scheduler: SchedulerRegistry,
    @InjectPinoLogger(PurgeJob.name) private readonly logger: PinoLogger,
    @Optional() private readonly counts?: ServiceCounts,
  ) {}

  onApplicationBootstrap(): void {
    this.scheduler.addInterval(
      JOB,
      setInterval(() => this.start(), this.config.store.purgeIntervalMs),
    );
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    if (this.scheduler.doesExist('interval', JOB)) this.scheduler.deleteInterval(JOB);
    await this.sweeping;
  }

  /** One sweep at a time: a long one is not overtaken by the next. */
  private start(): void {
    this.sweeping ??= this.sweep()
      .catch((error: unknown) => {
        if (error instanceof StoreStartingError) return;
        this.logger.error({ err: error }, 'the sweep of expired keys failed; the next one tries again');
      })
      .finally(() => (this.sweeping = undefined));
  }

  private async sweep(): Promise<void> {
    let freed: number;
    do {
      // oxlint-disable-next-line no-await-in-loop -- step by step on purpose: others are served in between
      freed = await this.store.purgeExpired(KEYS_PER_STEP);
      this.counts?.store.freed(freed);
      if (freed > 0) this.logger.debug({ keys: freed }, 'expired keys were freed');
      // oxlint-disable-next-line no-await-in-loop
      await new Promise(setImmediate);
    } while (freed === KEYS_PER_STEP && !this.stopped);
  }
}
