import { expect } from '@jest/globals';
import type { KvStore, StoreCapabilities } from '@kvasir/kv-core';
import type { ConformanceEngine, KvStoreHarness } from './harness.js';

/** One test of the suite. A value, not a call of `it`, so that the suite's own spec can run it against broken engines. */
export interface ConformanceCase {
  readonly title: string;
  /** Throws when the engine does not hold what the title says. */
  readonly run: (store: KvStore, harness: KvStoreHarness) => Promise<void>;
}

/** A test for engines with a capability, and its opposite for those without: no engine can leave a test out. */
export interface CapabilityCase {
  readonly capability: keyof StoreCapabilities;
  readonly present: ConformanceCase;
  readonly absent: ConformanceCase;
}

/** The tests of one promise of the port. */
export interface Concern {
  readonly name: string;
  readonly cases: readonly (ConformanceCase | CapabilityCase)[];
}

/** The tests of a concern that an engine with these capabilities has to pass. */
export function casesFor(concern: Concern, capabilities: StoreCapabilities): ConformanceCase[] {
  return concern.cases.map((entry) => {
    if (!('capability' in entry)) return entry;
    return capabilities[entry.capability] ? entry.present : entry.absent;
  });
}

/** Runs one test over data of its own. Rejects when the engine fails it. */
export async function checkCase(testCase: ConformanceCase, engine: ConformanceEngine): Promise<void> {
  await withStore(engine, testCase.run);
}

/** Opens an engine over new data for the time of one action. */
export async function withStore(
  engine: ConformanceEngine,
  action: (store: KvStore, harness: KvStoreHarness) => Promise<void>,
): Promise<void> {
  const harness = await engine.createHarness();
  try {
    const store = await harness.open();
    // An engine that claimed more or less than its stores do would be given the wrong tests.
    expect(store.capabilities).toEqual(engine.capabilities);
    await action(store, harness);
  } finally {
    await harness.destroy();
  }
}
