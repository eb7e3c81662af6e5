import {
  Inject,
  Injectable,
  Optional,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { KvError, StoreStartingError, type KvStore } from '@kvasir/kv-core';
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
  /** What sweeps fail with since the last one that did not; undefined: nothing. */
  private failure: string | undefined;

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
      .then(
        () => this.tellEnd(),
        (error: unknown) => this.tellFailure(error),
      )
      .finally(() => (this.sweeping = undefined));
  }

  /** Told when it begins, not each time: sweeps are many, and an outage fails all of them. */
  private tellFailure(error: unknown): void {
    if (error instanceof StoreStartingError) return;
    const failure = error instanceof KvError ? 'outage' : String(error);
    if (failure === this.failure) return;
    this.failure = failure;
    const message = 'expired keys cannot be swept; it is tried again every PURGE_INTERVAL_MS';
    if (error instanceof KvError) this.logger.warn({ reason: error.message }, message);
    else this.logger.error({ err: error }, message);
  }

  private tellEnd(): void {
    if (this.failure === undefined) return;
    this.failure = undefined;
    this.logger.info('expired keys are swept again');
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
