/**
 * Every error that a store, its engines and its decoders throw on purpose: stable code → what it says of the cause. Wire APIs map a kind to a status, so a new code needs no change there.
 *
 * - `request`: the caller's input does not fit; nothing was changed.
 * - `forbidden`: the caller has no right to it; nothing was done.
 * - `full`: there is no room to write; reads and deletes may go on; it may pass.
 * - `unavailable`: the store cannot answer now; it may pass.
 * - `damaged`: what is on disk is not what was written; an operator has to look.
 */
export const ERROR_CATALOGUE = {
  KEY_INVALID: { kind: 'request', meaning: 'The key is empty, too long, or holds what a key may not hold.' },
  QUERY_INVALID: { kind: 'request', meaning: 'The bounds or the limit of a listing do not fit.' },
  TRANSACTION_INVALID: { kind: 'request', meaning: 'An operation of a transaction does not fit.' },
  FORBIDDEN: { kind: 'forbidden', meaning: 'The API key has no right to all of what the request asks for.' },
  LOAD_INVALID: { kind: 'request', meaning: 'What is to be loaded, or the backup that holds it, does not fit.' },
  STORE_NOT_EMPTY: { kind: 'request', meaning: 'The store holds keys, and the load is for an empty one.' },
  STORE_FULL: { kind: 'full', meaning: 'The memory that the store may use is used up.' },
  DISK_FULL: { kind: 'full', meaning: 'The disk or the quota of the data directory is used up.' },
  STORE_STARTING: { kind: 'unavailable', meaning: 'The store is being opened: nothing can be read or written yet.' },
  STORE_CLOSED: { kind: 'unavailable', meaning: 'The store is closing or closed.' },
  STORE_UNAVAILABLE: { kind: 'unavailable', meaning: 'The store cannot be reached or cannot answer in time.' },
  WRITE_FAILED: {
    kind: 'unavailable',
    meaning: 'The write could not be made durable; it may or may not be there after a restart.',
  },
  OUTCOME_UNKNOWN: {
    kind: 'unavailable',
    meaning: 'The database was lost while it committed the write; it may or may not be there.',
  },
  SCHEMA_UNSUPPORTED: {
    kind: 'unavailable',
    meaning: 'The tables in the database are not those that this version works on.',
  },
  DATA_CORRUPT: { kind: 'damaged', meaning: 'The stored data is damaged.' },
  DATA_DIR_LOCKED: { kind: 'unavailable', meaning: 'Another process owns the data directory.' },
} as const satisfies Record<string, { readonly kind: ErrorKind; readonly meaning: string }>;

export type ErrorKind = 'request' | 'forbidden' | 'full' | 'unavailable' | 'damaged';

export type ErrorCode = keyof typeof ERROR_CATALOGUE;

/** An error of the catalogue. `message` is for people, `code` for programs. */
export class KvError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.name = new.target.name;
  }

  /** What the code says of the cause. */
  get kind(): ErrorKind {
    return ERROR_CATALOGUE[this.code].kind;
  }
}

/** A key that no store takes. `problem` says which rule it breaks; the rules follow. */
export class KeyInvalidError extends KvError {
  constructor(problem: string) {
    super('KEY_INVALID', `${problem}; a key is 1 to 1024 bytes of UTF-8, any character but NUL`);
  }
}

/** A listing whose bounds or limit do not fit. */
export class QueryInvalidError extends KvError {
  constructor(problem: string) {
    super('QUERY_INVALID', problem);
  }
}

/** An operation or check of a transaction that does not fit. */
export class TransactionInvalidError extends KvError {
  constructor(problem: string) {
    super('TRANSACTION_INVALID', problem);
  }
}

/** A call for which the caller's rights do not suffice: refused as a whole, before anything of it was done or looked up. */
export class ForbiddenError extends KvError {
  constructor(problem: string) {
    super('FORBIDDEN', problem);
  }
}

/** Entries to load that no snapshot gives, or a backup that is damaged or none. */
export class LoadInvalidError extends KvError {
  constructor(problem: string, options?: ErrorOptions) {
    super('LOAD_INVALID', problem, options);
  }
}

/** A load into an empty store that holds keys. */
export class StoreNotEmptyError extends KvError {
  /** @param keys how many it holds */
  constructor(keys: number) {
    super('STORE_NOT_EMPTY', `the store holds ${keys} ${keys === 1 ? 'key' : 'keys'}; this load is for an empty one`);
  }
}

/** A write that would grow a store that has no memory left for data. */
export class StoreFullError extends KvError {
  constructor(problem: string) {
    super('STORE_FULL', problem);
  }
}

/** A write for which the disk has no room. */
export class DiskFullError extends KvError {
  constructor(problem: string, options?: ErrorOptions) {
    super('DISK_FULL', problem, options);
  }
}

/** A call on a store that is not open yet. */
export class StoreStartingError extends KvError {
  /** @param state what is being done, as the end of "the service is starting: …" */
  constructor(state: string) {
    super('STORE_STARTING', `the service is starting: ${state}`);
  }
}

/** A call on a store after its `close`. */
export class StoreClosedError extends KvError {
  constructor() {
    super('STORE_CLOSED', 'the store is closed');
  }
}

/** The store cannot answer now. */
export class StoreUnavailableError extends KvError {
  constructor(problem: string, options?: ErrorOptions) {
    super('STORE_UNAVAILABLE', problem, options);
  }
}

/** A write that could not be made durable. */
export class WriteFailedError extends KvError {
  constructor(problem: string, options?: ErrorOptions) {
    super('WRITE_FAILED', problem, options);
  }
}

/** A write of which nobody can say whether it was committed; unlike after a {@link WriteFailedError} the store goes on. */
export class OutcomeUnknownError extends KvError {
  constructor(problem: string, options?: ErrorOptions) {
    super('OUTCOME_UNKNOWN', problem, options);
  }
}

/** A database whose tables are missing, too old or too new for this version of the program. */
export class SchemaUnsupportedError extends KvError {
  constructor(problem: string, options?: ErrorOptions) {
    super('SCHEMA_UNSUPPORTED', problem, options);
  }
}

/** Stored data that is not what was written. */
export class DataCorruptError extends KvError {
  constructor(problem: string, options?: ErrorOptions) {
    super('DATA_CORRUPT', problem, options);
  }
}

/** Another process owns the data directory. */
export class DataDirLockedError extends KvError {
  constructor(problem: string, options?: ErrorOptions) {
    super('DATA_DIR_LOCKED', problem, options);
  }
}
