export { describeKvStore } from './describe-kv-store.js';
export type { ConformanceEngine, KvStoreHarness } from './harness.js';
