import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock, type KvStore } from '@kvasir/kv-core';
import { describeKvStore, type KvStoreHarness } from '@kvasir/kv-conformance';
import type { FsyncPolicy } from './fsync-policy.js';
import type { CompactionPolicy } from './compaction/compactor.js';
import { openLogStore } from './open-log-store.js';

class LogHarness implements KvStoreHarness {
  private readonly clock = new ManualClock(1_700_000_000_000);
  private readonly stores: KvStore[] = [];

  private constructor(
    private readonly directory: string,
    private readonly fsync: FsyncPolicy,
    private readonly compaction: CompactionPolicy | undefined,
  ) {}

  static async create(fsync: FsyncPolicy, compaction?: CompactionPolicy): Promise<LogHarness> {
    return new LogHarness(await mkdtemp(join(tmpdir(), 'kvasir-log-store-')), fsync, compaction);
  }

  async open(): Promise<KvStore> {
    const { directory, fsync, clock, compaction } = this;
    const onFailure = (error: Error): never => {
      throw error;
    };
    const { store } = await openLogStore({ directory, fsync, clock, compaction, onFailure });
    this.stores.push(store);
    return store;
  }

  async reopen(): Promise<KvStore> {
    await this.closeAll();
    return this.open();
  }

  openAnother(): Promise<KvStore> {
    return this.open();
  }

  now(): number {
    return this.clock.now();
  }

  async advanceTime(milliseconds: number): Promise<void> {
    this.clock.advance(milliseconds);
  }

  async destroy(): Promise<void> {
    await this.closeAll();
    await rm(this.directory, { recursive: true });
  }

  private async closeAll(): Promise<void> {
    await Promise.all(this.stores.map((store) => store.close()));
  }
}

describeKvStore('the log engine, synced for each group', {
  capabilities: { durable: true, shared: false },
  createHarness: () => LogHarness.create('always'),
});

describeKvStore('the log engine, synced every second', {
  capabilities: { durable: true, shared: false },
  createHarness: () => LogHarness.create('everysec'),
});

// Whenever something was written or swept, and none is running, a compaction begins: it ends at any moment of the test.
describeKvStore('the log engine, compacting all the time', {
  capabilities: { durable: true, shared: false },
  createHarness: () => LogHarness.create('always', { minBytes: 0, ratio: 0 }),
});
