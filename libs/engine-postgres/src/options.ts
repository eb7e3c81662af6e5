/** How serious a line of the engine's log is. */
export type LogLevel = 'info' | 'warn' | 'error';

/** Takes the engine's log lines. They never hold the password, a key or a value. */
export type PostgresLog = (level: LogLevel, message: string) => void;

/** The connections of one pool. */
export interface PoolUse {
  /** What they are for: one connection takes all writes, the others everything else. */
  readonly pool: 'writes' | 'reads';
  /** The most there may be. */
  readonly max: number;
  /** How many are open. */
  readonly open: number;
  /** How many of these nobody uses. */
  readonly idle: number;
  /** How many calls wait for one. */
  readonly waiting: number;
}

/** A store on a database says how its connections are used. */
export interface DatabaseUse {
  readonly pools: readonly PoolUse[];
}

/** What a store on PostgreSQL is opened with. */
export interface PostgresStoreOptions {
  /**
   * `postgres://user:password@host:port/database?sslmode=…`. `sslmode` means what it means to libpq: `disable` (the default), `require`, `verify-ca` and `verify-full`
   * (with `sslrootcert`, `sslcert` and `sslkey` as paths).
   */
  readonly url: string;
  /** The schema that holds the tables. 1 to 63 bytes; default: `kvasir`. */
  readonly schema?: string;
  /** The most connections at once, one of them for writes alone; 2 or more. Default: 10. */
  readonly poolSize?: number;
  /** Milliseconds after which a call that the database has not answered is refused. Default: 5,000. */
  readonly timeoutMs?: number;
  /** How many calls of each kind may wait for the database at once before more are refused. Default: 10,000. */
  readonly maxWaiting?: number;
  /** Whether the tables are created and brought up to date at the opening; else they must be. Default: true. */
  readonly migrate?: boolean;
  /** Default: nothing is logged. */
  readonly log?: PostgresLog;
  /** Ends the wait for a database that is not there yet; the opening then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}
