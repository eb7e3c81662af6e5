import type { Entry } from './entry.js';
import { StoreClosedError } from './errors.js';

/**
 * All entries of a store as they were at one revision, whatever is written meanwhile: batch by batch in byte order of the key. An engine keeps, beyond one batch, at most what writes and
 * sweeps have taken away since.
 *
 * It is read once, with `for await`; leaving the loop early closes it. A snapshot that is not read is to be closed. The store's `close` ends it: the next batch then rejects with STORE_CLOSED. So does, with STORE_FULL, an engine whose memory does not hold what it
 * would have to keep.
 */
export interface StoreSnapshot extends AsyncIterable<readonly Entry[]> {
  /** The store's revision. No entry's is above it. */
  readonly revision: number;
  /** The store's time, Unix milliseconds. What had expired by then is left out; what expires later is in it, however late it is read. */
  readonly time: number;
  /** How many entries there are. */
  readonly keys: number;
  /** Lets go of it. Closing again does nothing. */
  close(): Promise<void>;
}

/** What an engine gives for a snapshot. One call at a time; {@link close} comes once and last. */
export interface SnapshotSource {
  readonly revision: number;
  readonly time: number;
  readonly keys: number;
  /** The next entries in byte order of the key, none included; undefined at the end. A call takes a few milliseconds of the process's time at most. */
  next(): readonly Entry[] | undefined | Promise<readonly Entry[] | undefined>;
  close(): void | Promise<void>;
}

/** A snapshot over an engine's source: read once, closed once, ended by its store. */
export class OpenSnapshot implements StoreSnapshot {
  readonly revision: number;
  readonly time: number;
  readonly keys: number;
  private taken = false;
  private pending: Promise<readonly Entry[] | undefined> | undefined;
  private closing: Promise<void> | undefined;
  private reason: Error | undefined;

  /** @param onClosed called once, when the source has been let go of */
  constructor(
    private readonly source: SnapshotSource,
    private readonly onClosed: (snapshot: OpenSnapshot) => void,
  ) {
    this.revision = source.revision;
    this.time = source.time;
    this.keys = source.keys;
  }

  [Symbol.asyncIterator](): AsyncIterator<readonly Entry[]> {
    if (this.taken) throw new Error('a snapshot is read once; take another one');
    this.taken = true;
    return this.batches();
  }

  close(): Promise<void> {
    return this.end(new Error('the snapshot was closed while it was read'));
  }

  /** Ends it because the store closes. */
  endWithStore(): Promise<void> {
    return this.end(new StoreClosedError());
  }

  private async *batches(): AsyncGenerator<readonly Entry[], void, undefined> {
    try {
      for (let batch = await this.next(); batch !== undefined; batch = await this.next()) {
        if (batch.length > 0) yield batch;
        // Whoever only passes over what others wrote must let them go on.
        else await new Promise(setImmediate);
      }
    } finally {
      await this.close();
    }
  }

  private async next(): Promise<readonly Entry[] | undefined> {
    this.requireOpen();
    this.pending = Promise.resolve(this.source.next());
    const batch = await this.pending;
    this.requireOpen();
    return batch;
  }

  private requireOpen(): void {
    if (this.reason !== undefined) throw this.reason;
  }

  private end(reason: Error): Promise<void> {
    this.reason ??= reason;
    this.closing ??= this.letGo();
    return this.closing;
  }

  private async letGo(): Promise<void> {
    await this.pending?.catch(() => undefined);
    try {
      await this.source.close();
    } finally {
      this.onClosed(this);
    }
  }
}
