import type { RunRecord } from './run-record.js';

/** How many runs are kept. */
export const KEPT_RUNS = 100;

/** The last runs that are over, in memory. */
export class RunHistory {
  /** By id, the oldest first. */
  private readonly runs = new Map<string, RunRecord>();

  /** Keeps a run, and forgets the oldest one past {@link KEPT_RUNS}. */
  add(run: RunRecord): void {
    this.runs.set(run.id, run);
    if (this.runs.size <= KEPT_RUNS) return;
    for (const oldest of this.runs.keys()) {
      this.runs.delete(oldest);
      return;
    }
  }

  get(id: string): RunRecord | undefined {
    return this.runs.get(id);
  }

  /** The newest first. */
  list(): RunRecord[] {
    return [...this.runs.values()].reverse();
  }
}
