import { KvError, type ErrorCode } from '@kvasir/kv-core';

/** How long after a failed try the next one is made, and after a good one no other, in milliseconds. */
const RECHECK_MS = 1000;

/** What says that more than the one request may have failed. A full memory is not among them: deletes, which free it, still work. */
const SUSPICIOUS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'DISK_FULL',
  'OUTCOME_UNKNOWN',
  'SCHEMA_UNSUPPORTED',
  'STORE_UNAVAILABLE',
  'WRITE_FAILED',
]);

/** What a {@link StoreHealth} is set up with. */
export interface StoreHealthOptions {
  /** Tries whether the store can write; rejects when it cannot. */
  readonly probe: () => Promise<void>;
  /** Whether the store may fail without this process noticing: it is tried when its health is asked for, too. */
  readonly remote: boolean;
  /** Called with the problem that has come up, or with undefined when it has gone. */
  readonly onChange: (problem: string | undefined) => void;
  /** Milliseconds from any moment, never stepping back. Default: `performance.now`. */
  readonly elapsed?: () => number;
  /** Default: Node's own. */
  readonly setTimeout?: (work: () => void, ms: number) => { unref(): unknown };
}

/**
 * Whether an open store can write. One failed request is no proof (it may have been too large for a disk that is nearly full), so a failure starts a try, and a failed try is the problem;
 * tries go on once a second until one succeeds.
 */
export class StoreHealth {
  private current: string | undefined;
  private trying: Promise<void> | undefined;
  private triedAt = -Infinity;
  private stopped = false;

  constructor(private readonly options: StoreHealthOptions) {}

  /** Why the store cannot write; undefined when it can, as far as is known. */
  get problem(): string | undefined {
    return this.current;
  }

  /** Told of every error that a write ends with. */
  suspect(error: unknown): void {
    if (error instanceof KvError && SUSPICIOUS.has(error.code)) void this.tryIfDue();
  }

  /** {@link problem}, for a remote store as it is now or was a second ago at most. */
  async check(): Promise<string | undefined> {
    if (this.options.remote) await this.tryIfDue();
    return this.current;
  }

  /** No more tries. */
  stop(): void {
    this.stopped = true;
  }

  private async tryIfDue(): Promise<void> {
    if (this.stopped) return;
    if (this.trying === undefined && (this.current !== undefined || this.elapsed() - this.triedAt < RECHECK_MS)) return;
    await (this.trying ??= this.try().finally(() => (this.trying = undefined)));
  }

  private async try(): Promise<void> {
    let problem: string | undefined;
    try {
      await this.options.probe();
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    if (this.stopped) return;
    this.triedAt = this.elapsed();
    if (problem !== this.current) {
      this.current = problem;
      this.options.onChange(problem);
    }
    if (problem !== undefined) this.tryLater();
  }

  private tryLater(): void {
    const later = this.options.setTimeout ?? setTimeout;
    later(() => {
      if (!this.stopped) this.trying ??= this.try().finally(() => (this.trying = undefined));
    }, RECHECK_MS).unref();
  }

  private elapsed(): number {
    return (this.options.elapsed ?? (() => performance.now()))();
  }
}
