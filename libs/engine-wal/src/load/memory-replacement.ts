import type { MemoryCommitter } from '../memory-committer.js';
import type { Replacement } from './replacement.js';

/** A replacement of a store that has nothing on disk. */
export class MemoryReplacement implements Replacement {
  constructor(private readonly committer: MemoryCommitter) {}

  add(): void {}

  async install(revision: (before: number) => number, swap: () => void): Promise<number> {
    const next = revision(this.committer.revision);
    swap();
    this.committer.moveTo(next);
    return next;
  }

  async abandon(): Promise<void> {}
}
