/**
 * When the log is synced to disk (docs/contracts/config.md `FSYNC`):
 *
 * - `always`: before a write is answered. Nothing that was answered is lost, by a power cut either.
 * - `everysec`: about once a second. A power cut loses what was answered since the last sync; a killed process loses nothing.
 * - `never`: when the operating system sees fit, and at a clean stop. A power cut loses what it had not written; a killed process loses nothing.
 */
export type FsyncPolicy = 'always' | 'everysec' | 'never';
