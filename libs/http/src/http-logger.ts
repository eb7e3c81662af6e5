/** The part of a logger that the HTTP side needs; a pino logger is one. Fields first, then the message. */
export interface HttpLogger {
  /** A failure that someone should look at: an unexpected error behind a 500, with the error as `err`. */
  error(fields: object, message: string): void;
  /** What was refused or given up as it should be, and its client cannot be told. */
  warn(fields: object, message: string): void;
  /** Each request with its time, and what clients did that is no failure of ours. */
  debug(fields: object, message: string): void;
  /** Whether lines of this level are kept: nothing is measured for lines that are not. */
  isLevelEnabled(level: string): boolean;
}
