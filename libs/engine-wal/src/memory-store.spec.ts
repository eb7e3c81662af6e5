import { ManualClock, type KvStore } from '@kvasir/kv-core';
import { describeKvStore, type KvStoreHarness } from '@kvasir/kv-conformance';
import { openMemoryStore } from './open-memory-store.js';

class MemoryHarness implements KvStoreHarness {
  private readonly clock = new ManualClock(1_700_000_000_000);
  private readonly stores: KvStore[] = [];

  async open(): Promise<KvStore> {
    const store = openMemoryStore({ clock: this.clock });
    this.stores.push(store);
    return store;
  }

  async reopen(): Promise<KvStore> {
    await this.destroy();
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
    await Promise.all(this.stores.map((store) => store.close()));
  }
}

describeKvStore('the memory engine', {
  capabilities: { durable: false, shared: false },
  createHarness: () => new MemoryHarness(),
});
