import type { Entry, KvStore, LoadResult, StoreSnapshot } from '@kvasir/kv-core';
import { CommandError } from '../command-error.js';
import { withEntryProgress } from '../progress.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { codeOf } from '../system-code.js';
import { say, tell, type Terminal } from '../terminal.js';
import { count } from '../wal/verdict.js';
import { EntrySums } from './entry-sums.js';
import { withStore, type CommandStore } from './open-store.js';
import { readStorePlace } from './place.js';

/** What `kvasir copy` is told. */
export interface CopyOptions {
  readonly from: string;
  readonly to: string;
  readonly fromSchema: string;
  readonly toSchema: string;
  readonly databaseUrl?: string;
}

/** What a target should hold by now. */
interface Filled {
  readonly sums: EntrySums;
  readonly revision: number;
  /** Absent when the target held entries already. */
  readonly result: LoadResult | undefined;
}

/**
 * `kvasir copy`: takes all entries of one store over into another, which must be empty, and compares the two. All or nothing: a copy that is cut off leaves the target empty, and one that finds the
 * target filled by an earlier run that was cut off at its end only compares.
 */
export async function copyStore(terminal: Terminal, options: CopyOptions): Promise<ExitStatus> {
  const from = readStorePlace('--from', options.from, options.databaseUrl);
  const to = readStorePlace('--to', options.to, options.databaseUrl);
  const withTarget = <Result>(work: (target: CommandStore) => Promise<Result>): Promise<Result> =>
    withStore(terminal, to, 'target', options.toSchema, work);
  return await withStore(terminal, from, 'source', options.fromSchema, async (source) => {
    const filled = await withTarget((target) => fill(terminal, source, target));
    // Opened anew: a log's store has read back, with their checksums, the lines that it compares.
    return await withTarget((target) => verify(terminal, source, target, filled));
  });
}

async function fill(terminal: Terminal, source: CommandStore, target: CommandStore): Promise<Filled> {
  let sums = new EntrySums();
  let snapshot = await source.store.snapshot();
  let result: LoadResult | undefined;
  try {
    result = await withEntryProgress(terminal, 'Copying', (update) =>
      target.store.load(counted(snapshot, sums, update), { mode: 'fill', revision: snapshot.revision }),
    );
  } catch (error) {
    await snapshot.close();
    if (codeOf(error) !== 'STORE_NOT_EMPTY') throw error;
    tell(terminal, `${target.description} holds entries already: looking whether they are those of an earlier copy.`);
    sums = new EntrySums();
    snapshot = await source.store.snapshot();
    await readThrough(terminal, 'Reading', snapshot, sums);
  }
  return { sums, revision: snapshot.revision, result };
}

async function verify(
  terminal: Terminal,
  source: CommandStore,
  target: CommandStore,
  { sums, revision, result }: Filled,
): Promise<ExitStatus> {
  const copied = await compare(terminal, target.store, sums, revision);
  if (copied === undefined) {
    throw new CommandError(
      result === undefined
        ? `${target.description} holds other entries than ${source.description}; a copy needs an empty store`
        : `${target.description} does not hold what was copied, in number and checksum: do not use it. Is something else writing to it?`,
    );
  }
  const done = result === undefined ? 'are there already, all of them the same' : 'copied, and compared';
  say(
    terminal,
    `${count(copied, 'entry', 'entries')} of revision ${revision} ${done}: ${source.description} to ${target.description}.`,
  );
  if (result !== undefined && result.expired > 0) say(terminal, `Left out, as expired meanwhile: ${result.expired}.`);
  return EXIT.ok;
}

/** @returns how many entries were compared; undefined when they differ */
async function compare(
  terminal: Terminal,
  target: KvStore,
  expected: EntrySums,
  revision: number,
): Promise<number | undefined> {
  const snapshot = await target.snapshot();
  const sums = new EntrySums();
  await readThrough(terminal, 'Comparing', snapshot, sums);
  const there = sums.livingAfter(snapshot.time);
  const wanted = expected.livingAfter(snapshot.time);
  const same = there.count === wanted.count && there.checksum === wanted.checksum && snapshot.revision >= revision;
  return same ? there.count : undefined;
}

async function readThrough(terminal: Terminal, doing: string, snapshot: StoreSnapshot, sums: EntrySums): Promise<void> {
  await withEntryProgress(terminal, doing, async (update) => {
    for await (const _ of counted(snapshot, sums, update)) continue;
  });
}

async function* counted(
  snapshot: StoreSnapshot,
  sums: EntrySums,
  update: (done: number, total: number) => void,
): AsyncGenerator<readonly Entry[], void, undefined> {
  let done = 0;
  for await (const batch of snapshot) {
    for (const entry of batch) sums.add(entry);
    done += batch.length;
    update(done, snapshot.keys);
    yield batch;
  }
}
