export { AbstractKvStore } from './abstract-store.js';
export { ManualClock, NonDecreasingClock, systemClock, type Clock } from './clock.js';
export { isExpired, NEVER, type Entry } from './entry.js';
export {
  DataCorruptError,
  DataDirLockedError,
  DiskFullError,
  ERROR_CATALOGUE,
  KeyInvalidError,
  KvError,
  OutcomeUnknownError,
  QueryInvalidError,
  SchemaUnsupportedError,
  StoreClosedError,
  StoreFullError,
  StoreUnavailableError,
  TransactionInvalidError,
  WriteFailedError,
  type ErrorCode,
  type ErrorKind,
} from './errors.js';
export { MAX_INTEGER, MIN_INTEGER } from './integer-value.js';
export { interpret, type Interpretation, type TransactionContext } from './interpreter.js';
export { integralNumber, parseInt64 } from './json/integer-text.js';
export { JsonReadError, type JsonReadReason } from './json/json-error.js';
export { JsonReader, type JsonKind, type JsonReaderOptions } from './json/json-reader.js';
export {
  contentOfJsonString,
  jsonTextOfString,
  textOfJsonText,
  trustJsonText,
  type JsonText,
} from './json/json-text.js';
export { readEnvelope, readMembers, type Members } from './json/read-members.js';
export { compareKeys, MAX_KEY_BYTES, validateKey } from './key.js';
export { DEFAULT_REQUEST_LIMITS, MAX_PAGE_LIMIT, MAX_TTL_MS, type RequestLimits } from './limits.js';
export type { KvStore, ListQuery, Page, PrefixQuery, RangeQuery, StoreCapabilities, StoreStats } from './store.js';
export {
  keysOf,
  type Check,
  type DeleteEffect,
  type DeleteOperation,
  type Effect,
  type ExistenceCheck,
  type FailedResult,
  type GetOperation,
  type IncrementOperation,
  type Operation,
  type OperationFailure,
  type OperationResult,
  type RevisionCheck,
  type SetEffect,
  type SetOperation,
  type Transaction,
  type TransactionResult,
} from './transaction.js';
export { TransactionGroup } from './transaction-group.js';
