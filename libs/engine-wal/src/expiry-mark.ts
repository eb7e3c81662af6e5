import type { CommitLoop } from './commit-loop.js';
import type { LogGroupWriter } from './log-group-writer.js';

/**
 * Sees to it that the log tells a time at which an entry that expired at `expiredAt` (Unix milliseconds) was gone, so that it stays gone when the process dies and the wall clock has
 * stepped back by the next start.
 *
 * Any later write tells it. Only where none came, a seal is written: at most one for each sweep that found something, and one sync.
 */
export async function markExpiry(loop: CommitLoop, log: LogGroupWriter, expiredAt: number): Promise<void> {
  if (log.loggedTime >= expiredAt) return;
  // Beside the writes that go on, as it may take long with FSYNC=never; what they write meanwhile tells the time as well.
  await log.sync();
  await loop.between(() => (log.loggedTime >= expiredAt ? undefined : log.mark()));
}
