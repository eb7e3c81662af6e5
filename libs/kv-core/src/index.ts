export { ApiKeyFileError, digestOfApiKey, parseApiKeys, type ApiKeyEntry } from './access/api-key-file.js';
export { keyDigest } from './access/key-digest.js';
export { Keyring } from './access/keyring.js';
export { Principal } from './access/principal.js';
export { requireVerb, restrictStore } from './access/restrict-store.js';
export { NO_RIGHTS, Rights, VERBS, type Verb } from './access/rights.js';
export { AbstractKvStore } from './abstract-store.js';
export { ManualClock, NonDecreasingClock, systemClock, type Clock } from './clock.js';
export { isExpired, NEVER, type Entry, type EntryState } from './entry.js';
export {
  DataCorruptError,
  DataDirLockedError,
  DiskFullError,
  ERROR_CATALOGUE,
  ForbiddenError,
  KeyInvalidError,
  KvError,
  LoadInvalidError,
  OutcomeUnknownError,
  QueryInvalidError,
  SchemaUnsupportedError,
  StoreClosedError,
  StoreFullError,
  StoreNotEmptyError,
  StoreStartingError,
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
export { compareKeys, endOfPrefix, MAX_KEY_BYTES, validateKey } from './key.js';
export { DEFAULT_REQUEST_LIMITS, MAX_PAGE_LIMIT, MAX_TTL_MS, type RequestLimits } from './limits.js';
export {
  livingOf,
  MAX_LOAD_AHEAD_MS,
  requireEmpty,
  revisionAfterReplace,
  type EntryBatches,
  type LoadMode,
  type LoadOptions,
  type LoadResult,
} from './load.js';
export type { SnapshotSource, StoreSnapshot } from './snapshot.js';
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
