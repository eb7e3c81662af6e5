import type { LogObserver } from '@kvasir/engine-wal';

/** A sync of the log that has ended well. */
export interface Sync {
  /** When the group that it put on disk was closed, by `performance.now()`: what was committed later is not in it. */
  readonly groupClosedAt: number;
  /** By the same clock. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** How many transactions it put on disk. */
  readonly transactions: number;
}

/** Remembers when the log was synced last, for traces, and hands on what it is told. For `FSYNC=always`, where each group has a sync. */
export class LastSync implements LogObserver {
  /** Of the group that is on its way, or was last. */
  private writingSince = 0;
  private groupClosedAt = 0;
  private startedAt = 0;
  private endedAt = 0;
  private transactions = 0;

  /** @param next who else is told; undefined: nobody */
  constructor(private readonly next: LogObserver | undefined) {}

  /** Undefined before the first one. */
  get last(): Sync | undefined {
    const { groupClosedAt, startedAt, endedAt, transactions } = this;
    return endedAt === 0 ? undefined : { groupClosedAt, startedAt, endedAt, transactions };
  }

  writing(): void {
    this.writingSince = performance.now();
    this.next?.writing?.();
  }

  group(transactions: number): void {
    this.transactions = transactions;
    this.next?.group(transactions);
  }

  synced(ms: number): void {
    this.endedAt = performance.now();
    this.startedAt = this.endedAt - ms;
    this.groupClosedAt = this.writingSince;
    this.next?.synced(ms);
  }
}
