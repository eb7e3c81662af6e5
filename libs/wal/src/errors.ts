/** The stable codes of this library's errors. */
export type LogErrorCode = 'LOG_CORRUPT' | 'LOG_FULL' | 'LOG_WRITE_FAILED' | 'LOG_SYNC_FAILED';

/** What every error of the log has in common. Errors of opening and reading files (a missing right, a bad disk) come through as Node's own. */
export abstract class LogError extends Error {
  abstract readonly code: LogErrorCode;

  constructor(
    message: string,
    /** The file that the error is about. */
    readonly file: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Where a log is damaged and why. */
export interface LogDamage {
  /** Offset of the damaged line's first byte, from the start of the file. */
  readonly offset: number;
  /** Number of the damaged line, from 1. */
  readonly line: number;
  /** What is wrong with it, as the end of the sentence "the line …". */
  readonly reason: string;
}

/**
 * The log is damaged before something that was known to be on disk, so cutting it there would lose acknowledged writes.
 * Nothing was changed. The rules are in `docs/wal-format.md`, "Recovery".
 */
export class LogCorruptError extends LogError implements LogDamage {
  readonly code = 'LOG_CORRUPT';
  readonly offset: number;
  readonly line: number;
  readonly reason: string;
  /** What shows that this is not just a torn tail. */
  readonly evidence: string;

  constructor(file: string, damage: LogDamage, evidence: string) {
    super(
      `The log ${file} is corrupt at byte ${damage.offset}, line ${damage.line}: the line ${damage.reason}, and ${evidence}. ` +
        'Nothing was changed. Look at it with `kvasir wal check`; `kvasir wal repair` keeps a backup and drops what can not be read.',
      file,
    );
    this.offset = damage.offset;
    this.line = damage.line;
    this.reason = damage.reason;
    this.evidence = evidence;
  }
}

/** A write failed; what had been written of it was cut off again. The next write may work. */
export class LogWriteError extends LogError {
  readonly code: 'LOG_WRITE_FAILED' | 'LOG_FULL' = 'LOG_WRITE_FAILED';
}

/** A write failed because the disk, or the owner's share of it, is full (ENOSPC, EDQUOT), or the log may not grow (EFBIG: `ulimit -f`). The next write works once there is space. */
export class LogFullError extends LogWriteError {
  override readonly code = 'LOG_FULL';
}

/**
 * A sync failed: the operating system may have dropped what it could not write, so nothing after the last completed sync is certain and
 * a second try could succeed without having written it. The log takes nothing more; only a new start finds out what is there.
 */
export class LogSyncError extends LogError {
  readonly code = 'LOG_SYNC_FAILED';

  constructor(file: string, cause: unknown) {
    super(
      `Syncing the log ${file} failed: ${reasonOf(cause)}. Nothing more is written until it is opened again.`,
      file,
      {
        cause,
      },
    );
  }
}

/** The error of a failed write to `file`: full, or anything else. */
export function writeErrorOf(file: string, cause: unknown): LogWriteError {
  const code = systemCodeOf(cause);
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') {
    return new LogFullError(`No space left for the log ${file}: ${reasonOf(cause)}`, file, { cause });
  }
  return new LogWriteError(`Writing to the log ${file} failed: ${reasonOf(cause)}`, file, { cause });
}

/**
 * The code, such as `ENOENT`, of an error that Node's file functions threw; undefined if it has none. Not by `instanceof`: in a VM context
 * (a test's) such errors are of another realm's class.
 */
export function systemCodeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** The text of anything that was thrown. */
export function reasonOf(cause: unknown): string {
  const hasMessage = typeof cause === 'object' && cause !== null && 'message' in cause;
  return String(hasMessage ? cause.message : cause);
}
