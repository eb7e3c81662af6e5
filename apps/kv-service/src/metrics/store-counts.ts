import { KvError } from '@kvasir/kv-core';

/** Counts what the store does for nobody's request, and what it could not do. */
export class StoreCounts {
  /** How often a write or a sweep ended with each code of the catalogue; what is not in it counts as `INTERNAL`. */
  readonly failures = new Map<string, number>();
  private purged = 0;

  /** Expired entries that sweeps have freed. */
  get purgedEntries(): number {
    return this.purged;
  }

  freed(entries: number): void {
    this.purged += entries;
  }

  failed(error: unknown): void {
    const code = error instanceof KvError ? error.code : 'INTERNAL';
    this.failures.set(code, (this.failures.get(code) ?? 0) + 1);
  }
}
