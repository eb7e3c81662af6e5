/** What `kvasir` ends with. */
export const EXIT = {
  /** Done; the log is whole. */
  ok: 0,
  /** The command could not be carried out: wrong usage, no log, a directory in use, an error of the file system, or "no" for an answer. */
  failed: 1,
  /** The log ends in a torn tail. */
  tornTail: 2,
  /** The log is corrupt. */
  corrupt: 3,
} as const;

export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];
