import { trustJsonText } from '@kvasir/kv-core';
import type { LogVisitor } from '@kvasir/wal';

import type { OrderedTable } from './table/ordered-table.js';
import { ReplayBatch } from './table/replay-batch.js';

/**
 * Puts a replayed log into a table, what has expired meanwhile included: an entry's created time may still be needed by a line that overwrote it while it lived.
 */
export class TableLoader implements LogVisitor {
  private latestTime = 0;
  /** Lines that have come and are not in the table yet. */
  private readonly batch = new ReplayBatch();

  constructor(private readonly table: OrderedTable) {}

  set(
    key: string,
    value: string,
    expiresAt: number,
    updatedAt: number,
    createdAt: number | undefined,
    revision: number,
  ): void {
    this.releaseBytes();
    if (updatedAt > this.latestTime) this.latestTime = updatedAt;
    this.table.replay(key, trustJsonText(value), expiresAt, updatedAt, createdAt, revision);
  }

  setBytes(
    bytes: Buffer,
    keyStart: number,
    keyEnd: number,
    valueStart: number,
    valueEnd: number,
    expiresAt: number,
    updatedAt: number,
    createdAt: number | undefined,
    revision: number,
  ): void {
    if (updatedAt > this.latestTime) this.latestTime = updatedAt;
    const { batch } = this;
    if (batch.isFullFor(bytes)) this.releaseBytes();
    batch.add(bytes, keyStart, keyEnd, valueStart, valueEnd, expiresAt, updatedAt, createdAt, revision);
  }

  releaseBytes(): void {
    if (this.batch.length > 0) this.table.replayBatch(this.batch);
  }

  delete(key: string, at: number): void {
    this.releaseBytes();
    if (at > this.latestTime) this.latestTime = at;
    this.table.delete(key);
  }

  /**
   * Frees what had expired when the latest line so far was written, to save memory in the midst of a replay. Later lines of ours find it gone either way; only
   * in a log of another program, where time may run backwards, an overwritten entry can lose its created time so.
   */
  sweep(): void {
    this.releaseBytes();
    this.table.purgeExpired(this.latestTime, Infinity);
  }
}
