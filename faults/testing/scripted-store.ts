import { openLogStore, type CompactionEvent, type FsyncPolicy, type LogMaintenance } from '@kvasir/engine-wal';
import { KvError, ManualClock, trustJsonText, type KvStore, type Operation, type Transaction } from '@kvasir/kv-core';
import { Model, type Outcome } from './model.js';
import { LineEncoder, type Preallocation } from '@kvasir/wal';
import type { Random } from './random.js';
import type { SimulatedDisk } from './simulated-disk.js';

const KEYS = ['a', 'b', 'user:1', 'user:2', 'ключ', 'k"\\', 'x'.repeat(200), '__proto__', 'batch', '🗝'];
const START = 1_700_000_000_000;
/** Lines of a log, as a client may put them into a value. */
const FORGED = [
  forged((encoder) => encoder.encodeSeal(START, 5000)),
  forged((encoder) => encoder.encodeSet('forged', '1', Infinity, START, undefined, 5000, 4000)),
];
/** So little that a life takes some of it, writes over it and takes more. */
const PREALLOCATION: Preallocation = { bytes: 6000, after: 300 };

/** The store on a simulated disk, over many lives, beside the model of what it must hold. */
export class ScriptedStore {
  readonly model = new Model();
  readonly clock = new ManualClock(START);
  /** Why the store said that its process has to end; undefined while all is well. */
  failure: Error | undefined;
  private store: KvStore | undefined;
  /** The policy of the life under way. */
  private policy: FsyncPolicy = 'always';
  private maintenance: LogMaintenance | undefined;
  private onCompaction: (event: CompactionEvent) => void = () => undefined;
  /** The last revision that is promised to outlive a power cut: with `always` what was answered, with the others what the last start, clean stop or compaction has synced. */
  private synced = 0;

  /**
   * @param directory a real folder, for the lock; the log lies on the simulated disk under the same name
   */
  constructor(
    public disk: SimulatedDisk,
    private readonly directory: string,
    private readonly random: Random,
    /** The policy of the next life. */
    public fsync: FsyncPolicy = 'always',
    /** How the log of the next life takes space ahead. */
    public preallocation: Preallocation = PREALLOCATION,
  ) {}

  /**
   * Opens the store on the disk and compares it with the model.
   *
   * @returns false when it can't be opened because of what the disk was made to do
   */
  async open(): Promise<boolean> {
    this.failure = undefined;
    this.policy = this.fsync;
    const { directory, fsync, preallocation, clock, disk: fileSystem, model } = this;
    const onFailure = (error: Error): void => {
      this.failure = error;
    };
    const faultsBefore = fileSystem.faults;
    try {
      const onCompaction = (event: CompactionEvent): void => this.onCompaction(event);
      const places = { directory, fileSystem, preallocation };
      const opened = await openLogStore({ ...places, fsync, clock, onFailure, onCompaction });
      this.store = opened.store;
      this.maintenance = opened.maintenance;
    } catch (error) {
      if (fileSystem.faults > faultsBefore) return false;
      throw error;
    }
    await model.mustMatch(this.store, clock.now(), this.synced);
    this.synced = model.revision;
    return true;
  }

  /** Sends some transactions at once and tells the model what came of them. */
  async burst(): Promise<void> {
    const store = this.opened();
    this.clock.advance(this.random.int(2000));
    const transactions = Array.from({ length: 1 + this.random.int(5) }, () => this.transaction());
    const outcomes = await Promise.all(transactions.map((transaction) => commit(store, transaction)));
    for (const [i, transaction] of transactions.entries()) {
      this.model.take(transaction, outcomes[i]!, this.clock.now());
    }
    if (this.policy === 'always') this.synced = this.model.acknowledged;
  }

  /**
   * Has the log compacted, with writes beside it. How the two mesh depends on time, too, and not on the seed alone.
   *
   * @returns whether a new log took the old one's place
   */
  async compactBesideWrites(): Promise<boolean> {
    const { acknowledged } = this.model;
    const ended = new Promise<CompactionEvent>((resolve) => {
      this.onCompaction = (event) => {
        if (event.type !== 'started') resolve(event);
      };
    });
    if (this.maintenance?.compact() !== true) throw new Error('the compaction did not start');
    await this.burst();
    await this.burst();
    const { type } = await ended;
    if (type !== 'completed') return false;
    this.synced = Math.max(this.synced, acknowledged);
    return true;
  }

  /**
   * Stops the store as SIGTERM does.
   *
   * @returns false when it could not end cleanly because of what the disk was made to do
   */
  async close(): Promise<boolean> {
    const { disk } = this;
    const faultsBefore = disk.faults;
    const store = this.opened();
    this.store = undefined;
    try {
      await store.close();
    } catch (error) {
      if (disk.faults > faultsBefore || this.failure !== undefined) return false;
      throw error;
    }
    // A log that has failed before is closed as it is.
    if (this.failure !== undefined) return false;
    this.synced = this.model.revision;
    return true;
  }

  /** Ends the store's life at once, as SIGKILL or a power cut does, and goes on with what `next` leaves of the disk. */
  async crash(next: (disk: SimulatedDisk) => SimulatedDisk): Promise<void> {
    this.disk = next(this.disk);
    const { store } = this;
    this.store = undefined;
    // Nothing reaches the disk any more; this lets go of the folder's lock.
    await store?.close().catch(() => undefined);
  }

  get isOpen(): boolean {
    return this.store !== undefined;
  }

  /** The open store. */
  opened(): KvStore {
    if (this.store === undefined) throw new Error('the store is not open');
    return this.store;
  }

  private transaction(): Transaction {
    const { random } = this;
    const operations = Array.from({ length: 1 + random.int(4) }, () => this.operation());
    return { atomic: random.chance(0.6), operations };
  }

  private operation(): Operation {
    const { random } = this;
    const key = random.pick(KEYS);
    if (random.chance(0.25)) return { type: 'delete', key, allowMissing: true };
    const length = random.chance(0.2) ? 400 + random.int(1500) : random.int(20);
    const text = JSON.stringify(`${random.int(1000)}${'v'.repeat(length)}`);
    const value = trustJsonText(random.chance(0.2) ? `[${text},${random.pick(FORGED)}]` : text);
    if (random.chance(0.3)) return { type: 'set', key, value, ttlMs: 1 + random.int(10_000) };
    return { type: 'set', key, value };
  }
}

function forged(encode: (encoder: LineEncoder) => void): string {
  const encoder = new LineEncoder();
  encode(encoder);
  return Buffer.from(encoder.bytes()).toString().trimEnd();
}

async function commit(store: KvStore, transaction: Transaction): Promise<Outcome> {
  try {
    return { kind: 'acknowledged', result: await store.commit(transaction) };
  } catch (error) {
    if (!(error instanceof KvError)) throw error;
    return { kind: error.code === 'WRITE_FAILED' ? 'unknown' : 'refused' };
  }
}
