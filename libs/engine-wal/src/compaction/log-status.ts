/** How a log stands, for whoever runs the service. */
export interface LogStatus {
  /** Bytes of the log. */
  readonly bytes: number;
  /** About how many of them a compacted log would have; never more than it has. */
  readonly liveBytes: number;
  readonly compaction: CompactionStatus;
}

export interface CompactionStatus {
  readonly running: boolean;
  /** How much of the table the one that is running has written, 0 to 1; undefined when none is running. */
  readonly progress: number | undefined;
  /** How many have put a new log in place since the store was opened. */
  readonly completed: number;
  /** How many have failed since then; the log stayed as it was. */
  readonly failed: number;
  /** The last one that has put a new log in place. */
  readonly last: CompletedCompaction | undefined;
  /** Why the one after it failed; undefined when none did. */
  readonly lastError: string | undefined;
}

/** What one compaction did. */
export interface CompletedCompaction {
  /** When it ended, Unix milliseconds. */
  readonly at: number;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  /** Entries in the compacted part. */
  readonly entries: number;
  /** How long it took. */
  readonly milliseconds: number;
  /** How long writes had to wait for the new log to take over. */
  readonly pauseMilliseconds: number;
}

/** What is told of compactions, as it happens. */
export type CompactionEvent =
  | { readonly type: 'started'; readonly bytes: number; readonly liveBytes: number }
  | { readonly type: 'completed'; readonly compaction: CompletedCompaction }
  /** `retryMs`: how long no other one begins by itself. */
  | { readonly type: 'failed'; readonly error: Error; readonly retryMs: number }
  /** The store was closed meanwhile. */
  | { readonly type: 'abandoned' };

/** Looking at a store's log, and having it compacted. */
export interface LogMaintenance {
  status(): LogStatus;
  /** Starts a compaction, whatever the log's size. False when one is running already. Resolves at once; `status` tells the rest. */
  compact(): boolean;
  /**
   * Tries whether the log takes a write, by a seal, which means nothing to a reader. While lines are not synced yet (`FSYNC` other than `always`) nothing is tried.
   *
   * Rejects with the store's errors, as a write would.
   */
  checkWritable(): Promise<void>;
}
