export type { FsyncPolicy } from './fsync-policy.js';
export { openLogStore, type LogStoreOptions, type OpenedLogStore } from './open-log-store.js';
export { openMemoryStore, type MemoryStoreOptions } from './open-memory-store.js';
