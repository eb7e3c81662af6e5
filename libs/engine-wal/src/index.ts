export type { CompactionPolicy } from './compaction/compactor.js';
export type {
  CompactionEvent,
  CompactionStatus,
  CompletedCompaction,
  LogMaintenance,
  LogStatus,
} from './compaction/log-status.js';
export { DirectoryLock, LOCK_FILE_NAME } from './directory-lock.js';
export type { FsyncPolicy } from './fsync-policy.js';
export type { LogObserver } from './log-group-writer.js';
export { openLogStore, type LogStoreOptions, type OpenedLogStore } from './open-log-store.js';
export { openMemoryStore, type MemoryStoreOptions } from './open-memory-store.js';
export type { MemoryUse } from './table-store.js';
