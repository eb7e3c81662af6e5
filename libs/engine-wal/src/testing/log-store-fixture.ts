import { cp, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock, trustJsonText, type Entry, type WriteFailedError } from '@kvasir/kv-core';
import type { CompactionEvent } from '../compaction/log-status.js';
import { openLogStore, type LogStoreOptions, type OpenedLogStore } from '../open-log-store.js';
import { FaultyFileSystem } from './faulty-file-system.js';

export const START = 1_700_000_000_000;

/** A data directory with a clock and a file system that a test is master of, and the store that is open on it. */
export class LogStoreFixture {
  readonly clock = new ManualClock(START);
  readonly failures: WriteFailedError[] = [];
  readonly events: CompactionEvent[] = [];
  /** What the pause after a failed compaction is measured by, milliseconds. */
  elapsed = 0;
  private opened!: OpenedLogStore;

  private constructor(
    readonly directory: string,
    readonly fileSystem: FaultyFileSystem,
  ) {}

  /** @param oneCall see {@link FaultyFileSystem} */
  static async create({ oneCall = true } = {}): Promise<LogStoreFixture> {
    const directory = await mkdtemp(join(tmpdir(), 'kvasir-log-store-'));
    return new LogStoreFixture(directory, new FaultyFileSystem(oneCall));
  }

  get store(): OpenedLogStore['store'] {
    return this.opened.store;
  }

  get maintenance(): OpenedLogStore['maintenance'] {
    return this.opened.maintenance;
  }

  get report(): OpenedLogStore['report'] {
    return this.opened.report;
  }

  get logPath(): string {
    return join(this.directory, 'wal.log');
  }

  async open(options: Partial<LogStoreOptions> = {}): Promise<void> {
    this.opened = await openLogStore({
      directory: this.directory,
      clock: this.clock,
      fileSystem: this.fileSystem,
      onFailure: (error) => this.failures.push(error),
      onCompaction: (event) => this.events.push(event),
      elapsed: () => this.elapsed,
      ...options,
    });
  }

  async reopen(options: Partial<LogStoreOptions> = {}): Promise<void> {
    await this.store.close();
    await this.open(options);
  }

  /** Leaves the store as a killed process does, as far as one process can: its log is copied away and opened elsewhere. */
  async crash(): Promise<LogStoreFixture> {
    const other = await LogStoreFixture.create();
    await cp(this.logPath, other.logPath);
    other.clock.set(this.clock.now());
    await other.open();
    return other;
  }

  put(key: string, value = '1', ttlMs?: number): Promise<unknown> {
    const operation = { type: 'set', key, value: trustJsonText(value), ttlMs } as const;
    return this.store.commit({ atomic: true, operations: [operation] });
  }

  drop(key: string): Promise<unknown> {
    return this.store.commit({ atomic: true, operations: [{ type: 'delete', key, allowMissing: true }] });
  }

  /** Every entry a reader sees, and the revision. */
  async content(): Promise<{ entries: readonly Entry[]; revision: number }> {
    const entries: Entry[] = [];
    for (let after: string | undefined; ;) {
      // oxlint-disable-next-line no-await-in-loop -- page by page
      const page = await this.store.list({ limit: 10_000, after });
      entries.push(...page.items);
      after = page.items.at(-1)?.key;
      if (!page.more) break;
    }
    return { entries, revision: (await this.store.stats()).revision };
  }

  /** Starts a compaction and waits for its end. */
  async compact(): Promise<CompactionEvent> {
    this.maintenance.compact();
    return this.compactionEnd();
  }

  /** Waits until the compaction that is running has ended. */
  async compactionEnd(): Promise<CompactionEvent> {
    // oxlint-disable-next-line no-await-in-loop
    while (this.maintenance.status().compaction.running) await new Promise(setImmediate);
    return this.events.at(-1)!;
  }

  /** The `op` of each line of the log. */
  async ops(): Promise<string[]> {
    const lines = (await readFile(this.logPath, 'utf8')).trimEnd().split('\n');
    return lines.filter((line) => line !== '').map((line) => (JSON.parse(line) as { op: string }).op);
  }

  async logBytes(): Promise<number> {
    return (await stat(this.logPath)).size;
  }

  files(): Promise<string[]> {
    return readdir(this.directory);
  }

  async destroy(): Promise<void> {
    this.fileSystem.heal();
    // A store whose log has failed says so again.
    await this.opened?.store.close().catch(() => undefined);
    await rm(this.directory, { recursive: true });
  }
}
