import { Inject, Injectable, Optional, type OnApplicationShutdown } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import type { LogMaintenance } from '@kvasir/engine-wal';
import { StoreStartingError, type KvStore } from '@kvasir/kv-core';
import type { Tracer } from '@kvasir/tracing';
import type { KvServiceConfig } from '../config/config.js';
import { KV_SERVICE_CONFIG } from '../config/config.token.js';
import { ServiceCounts } from '../metrics/service-counts.js';
import { WalLifecycle } from '../wal/wal-lifecycle.js';
import { CompactionLog } from './compaction-log.js';
import { DatabaseLog } from './database-store.js';
import { openStore, type OpenedStore, type StoreFigures } from './opened-store.js';
import { ServiceStore } from './service-store.js';
import { StartingStore } from './starting-store.js';
import { StoreHealth } from './store-health.js';
import { storeTracing, TRACER } from './store-tracing.js';
import { TracedStore, type StoreTracing } from './traced-store.js';

/** Why the store cannot serve now. */
export interface StoreProblem {
  /** For people. */
  readonly reason: string;
  /** How much of the log has been replayed, 0 to 1; only while it is. */
  readonly progress?: number;
}

/** The one store of the service, from before it is open until it is closed. */
@Injectable()
export class StoreLifecycle implements OnApplicationShutdown {
  /** What everybody uses. */
  readonly store: KvStore;
  private readonly engine: ServiceStore;
  private readonly tracing: StoreTracing | undefined;
  private readonly listeners: (() => void)[] = [];
  private readonly closing = new AbortController();
  private opening: Promise<OpenedStore> | undefined;
  private opened: OpenedStore | undefined;
  private health: StoreHealth | undefined;
  private progress: number | undefined;

  constructor(
    @Inject(KV_SERVICE_CONFIG) private readonly config: KvServiceConfig,
    private readonly wal: WalLifecycle,
    private readonly compactions: CompactionLog,
    private readonly database: DatabaseLog,
    @InjectPinoLogger(StoreLifecycle.name) private readonly logger: PinoLogger,
    @Optional() private readonly counts?: ServiceCounts,
    @Optional() @Inject(TRACER) tracer?: Tracer,
  ) {
    const { engine } = config.store;
    const capabilities = { durable: engine !== 'memory', shared: engine === 'postgres' };
    const starting = new StartingStore(capabilities, () => this.startState());
    this.engine = new ServiceStore(starting, (error) => {
      this.health?.suspect(error);
      this.counts?.store.failed(error);
    });
    this.tracing = tracer && storeTracing(tracer, config.store, counts?.log);
    this.store = this.tracing === undefined ? this.engine : new TracedStore(this.engine, this.tracing);
  }

  /**
   * Opens the store; it refuses calls until this has resolved.
   *
   * @throws StartError or KvError when it cannot be opened
   */
  async open(): Promise<void> {
    const { wal, compactions, database } = this;
    const onProgress = (done: number, total: number): void => {
      this.progress = total === 0 ? 1 : done / total;
      wal.onProgress(done, total);
    };
    this.opening = openStore(
      this.config,
      { wal, compactions, database, log: this.tracing?.syncs ?? this.counts?.log, onProgress },
      this.closing.signal,
    );
    const opened = await this.opening;
    if (this.closing.signal.aborted) return;
    this.opened = opened;
    this.health = new StoreHealth({
      probe: opened.probe,
      remote: opened.store.capabilities.shared,
      onChange: (problem) => this.onHealth(problem),
    });
    this.engine.become(opened.store);
    this.tell();
  }

  /**
   * What the engine's log offers; undefined for an engine that keeps none.
   *
   * @throws StoreStartingError before the store is open
   */
  get log(): LogMaintenance | undefined {
    if (this.opened === undefined) throw new StoreStartingError(this.startState());
    return this.opened.log;
  }

  /** Figures of the engine besides the port's own; undefined before it is open. */
  figures(): StoreFigures | undefined {
    return this.opened?.figures();
  }

  /** Why the store cannot serve now; undefined when it can. */
  async problem(): Promise<StoreProblem | undefined> {
    if (this.health === undefined) {
      const { progress } = this;
      return {
        reason: new StoreStartingError(this.startState()).message,
        ...(progress === undefined ? {} : { progress }),
      };
    }
    const reason = await this.health.check();
    return reason === undefined ? undefined : { reason };
  }

  /** Calls `listener` when {@link problem} may have another answer. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Does not wait for a store that is still being opened: nothing of it has been used. */
  async onApplicationShutdown(): Promise<void> {
    this.closing.abort();
    this.health?.stop();
    if (this.opened === undefined) void this.opening?.then(({ store }) => store.close()).catch(() => undefined);
    await this.opened?.store.close();
  }

  private startState(): string {
    const { progress } = this;
    if (this.config.store.engine === 'postgres') return 'the database is being waited for';
    return progress === undefined
      ? 'the log is being opened'
      : `the log is being replayed, ${Math.floor(progress * 100)} % is done`;
  }

  private onHealth(problem: string | undefined): void {
    if (problem === undefined) this.logger.info('the store takes writes again');
    else this.logger.error({ reason: problem }, 'the store takes no writes; it is tried again every second');
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}
