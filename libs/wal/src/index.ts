export { CompactionWriter, type CompactedLog, type CompactionStart } from './compaction-writer.js';
export { makeDurableDirectory } from './durable-directory.js';
export { LineEncoder } from './encoder.js';
export {
  LogCorruptError,
  LogError,
  LogFullError,
  LogSyncError,
  LogWriteError,
  type LogDamage,
  type LogErrorCode,
} from './errors.js';
export type { LogFile, LogFileSystem } from './file-system.js';
export { nodeFileSystem } from './node-file-system.js';
export {
  LOG_FILE_NAME,
  openLog,
  type LogReport,
  type OpenedLog,
  type OpenLogOptions,
  type SavedTornTail,
} from './open-log.js';
export { endOfLines, type Preallocation } from './preallocation.js';
export type { LogRecord, LogVisitor } from './record.js';
export { readLog, type LogContents, type TornTail } from './recovery.js';
export { RepairedLogWriter } from './repaired-log-writer.js';
export { salvageLog, type DroppedLines, type Salvaged, type SalvageSink } from './salvage.js';
export { surveyLog, type LinePlace, type LineVisitor } from './survey.js';
export { LogWriter } from './writer.js';
