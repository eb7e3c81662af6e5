import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openLogStore } from '@kvasir/engine-wal';
import { DataCorruptError } from '@kvasir/kv-core';
import { endOfLines, LogCorruptError, readLog, surveyLog, type LogContents, type LogVisitor } from '@kvasir/wal';
import { FAULT_TIMEOUT_MS, isFullRun, checkFaults } from './testing/fault-run.js';
import { Random } from './testing/random.js';
import { ScriptedStore } from './testing/scripted-store.js';
import { SimulatedDisk } from './testing/simulated-disk.js';

/** Much less than the reader's own, so that lines span chunks and thousands of reads take little. */
const CHUNK_BYTES = 4096;

/** The blank bytes behind the last line, if there are any, count as one more line of the last group. */
interface Line {
  readonly offset: number;
  /** Behind its newline. */
  readonly end: number;
  readonly group: number;
  readonly seal: boolean;
}

/** A log as the engine wrote it. */
interface EngineLog {
  readonly bytes: Buffer;
  readonly lines: readonly Line[];
  /** Offset of the first line of the last group; the file's length when a seal is the last line. */
  readonly lastGroup: number;
  /** Offset behind the compacted part; 0 when there is none. */
  readonly compactedEnd: number;
  /** What a reader is told of it, in order. */
  readonly events: readonly string[];
}

describe('damaged-bytes', () => {
  let directory: string;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'kvasir-damaged-bytes-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it(
    'cuts a last group that ends at any byte, and refuses any changed byte before it with the right offset',
    () =>
      checkFaults('damaged-bytes', { short: 1, full: 6 }, async ({ seed, rounds, tick }) => {
        const figures = { cuts: 0, flips: 0, refused: 0 };
        for (let round = 0; round < rounds; round++) {
          const random = new Random(seed + round);
          for (const compacted of [false, true]) {
            const log = await engineLog(directory, random, compacted);
            figures.cuts += await cutEverywhere(log);
            const { flips, refused } = await flipEverywhere(log, random);
            figures.flips += flips;
            figures.refused += refused;
          }
          tick();
        }
        return `${figures.cuts} cuts, ${figures.flips} flipped bytes, ${figures.refused} of them refused and the rest cut; none accepted`;
      }),
    FAULT_TIMEOUT_MS,
  );

  it('refuses a damaged log without one change to the disk', async () => {
    const random = new Random(1);
    for (const compacted of [false, true]) {
      const log = await engineLog(directory, random, compacted);
      for (let i = 0; i < 20; i++) {
        const disk = new SimulatedDisk();
        disk.put(join(directory, 'wal.log'), flipped(log.bytes, random.int(log.lastGroup), random));
        const opening = openLogStore({ directory, fileSystem: disk, onFailure: () => undefined });
        await expect(opening).rejects.toBeInstanceOf(DataCorruptError);
        expect(
          disk.calls.map(({ operation }) => operation).filter((name) => !['open', 'read', 'size'].includes(name)),
        ).toEqual([]);
      }
    }
  });
});

/** The log of some lives of a store, with transactions, seals, a first group of its last life that is not sealed, and compaction. */
async function engineLog(directory: string, random: Random, compacted: boolean): Promise<EngineLog> {
  const scripted = new ScriptedStore(new SimulatedDisk(), directory, random);
  await scripted.open();
  await scripted.burst();
  await scripted.burst();
  await scripted.close();
  await scripted.open();
  if (compacted) await scripted.compactBesideWrites();
  await scripted.burst();
  await scripted.burst();
  const { disk } = scripted;
  await scripted.crash((before) => before.restarted());
  const bytes = disk.bytesOf(join(directory, 'wal.log'));
  return describeLog(bytes);
}

async function describeLog(bytes: Buffer): Promise<EngineLog> {
  const offsets: Omit<Line, 'end'>[] = [];
  let compactedEnd = 0;
  await surveyLog(source(bytes), ({ kind, group, lines }, { offset }) => {
    offsets.push({ offset, group, seal: kind === 'seal' });
    if (lines >= 0) compactedEnd = offset;
  });
  const linesEnd = await endOfLines(source(bytes));
  if (linesEnd < bytes.length) offsets.push({ ...offsets.at(-1)!, offset: linesEnd });
  const lines = offsets.map((line, i) => ({ ...line, end: offsets[i + 1]?.offset ?? bytes.length }));
  if (compactedEnd > 0) compactedEnd = lines.find(({ offset }) => offset === compactedEnd)!.end;
  const last = lines.at(-1)!;
  const lastGroup = last.seal ? bytes.length : lines.find(({ group, seal }) => !seal && group === last.group)!.offset;
  const { events } = await read(bytes);
  return { bytes, lines, lastGroup, compactedEnd, events };
}

/**
 * Every length that the last group can have been cut to, and every length of a compacted part, from its first whole line on: what is shorter could as well be the beginning of a new log. (A file that
 * is cut elsewhere has lost whole groups, and nothing in it can tell.)
 */
async function cutEverywhere({ bytes, lines, lastGroup, compactedEnd, events }: EngineLog): Promise<number> {
  let cuts = 0;
  for (let length = lines[0]!.end; length < bytes.length; length++) {
    if (length >= compactedEnd && length < lastGroup) continue;
    const outcome = await outcomeOf(bytes.subarray(0, length));
    cuts++;
    if (length < compactedEnd) {
      expectThat(outcome.kind === 'refused', `a compacted part cut at byte ${length} was taken`);
      continue;
    }
    expectThat(outcome.kind === 'taken', `the last group, cut at byte ${length}, was refused`);
    expectPrefix(outcome, events, `the last group, cut at byte ${length}`);
  }
  return cuts;
}

async function flipEverywhere(log: EngineLog, random: Random): Promise<{ flips: number; refused: number }> {
  const { bytes, lines, lastGroup, events } = log;
  let flips = 0;
  let refused = 0;
  for (const { offset, end } of lines) {
    for (let at = offset; at < end; at++) {
      // One wrong value a byte; in the long form each wrong bit as well. The file's first byte tells whose log it is: every wrong value.
      let masks = isFullRun() ? [1, 2, 4, 8, 16, 32, 64, 128, 1 + random.int(255)] : [1 + random.int(255)];
      if (at === 0) masks = Array.from({ length: 255 }, (_, i) => i + 1);
      for (const mask of masks) {
        const damaged = Buffer.from(bytes);
        damaged[at]! ^= mask;
        const outcome = await outcomeOf(damaged);
        flips++;
        const what = `byte ${at} of ${bytes.length}, xor ${mask}, in the line at ${offset}`;
        if (offset < lastGroup) {
          expectThat(outcome.kind === 'refused', `${what}, before the last group at ${lastGroup}, was not refused`);
        }
        expectThat(outcome.offset === offset, `${what}, was found at ${outcome.offset}`);
        if (outcome.kind === 'refused') refused++;
        else expectPrefix(outcome, events, what);
      }
    }
  }
  return { flips, refused };
}

function flipped(bytes: Buffer, at: number, random: Random): Buffer {
  const damaged = Buffer.from(bytes);
  damaged[at]! ^= 1 + random.int(255);
  return damaged;
}

type ReadOutcome =
  | { readonly kind: 'refused'; readonly offset: number }
  | {
      readonly kind: 'taken';
      readonly offset: number | undefined;
      readonly contents: LogContents;
      readonly events: string[];
    };

async function outcomeOf(bytes: Buffer): Promise<ReadOutcome> {
  try {
    const { contents, events } = await read(bytes);
    return { kind: 'taken', offset: contents.tornTail?.offset, contents, events };
  } catch (error) {
    if (!(error instanceof LogCorruptError)) throw error;
    return { kind: 'refused', offset: error.offset };
  }
}

async function read(log: Buffer): Promise<{ contents: LogContents; events: string[] }> {
  const events: string[] = [];
  const visitor: LogVisitor = {
    set: (...args) => events.push(`set ${args.join(' ')}`),
    // The way that the engine takes its lines.
    setBytes: (bytes, keyStart, keyEnd, valueStart, valueEnd, ...numbers) => {
      const texts = [bytes.toString('utf8', keyStart, keyEnd), bytes.toString('utf8', valueStart, valueEnd)];
      events.push(`set ${[...texts, ...numbers].join(' ')}`);
    },
    delete: (...args) => events.push(`delete ${args.join(' ')}`),
  };
  return { contents: await readLog(source(log), 'wal.log', visitor, { chunkBytes: CHUNK_BYTES }), events };
}

/** The bytes as a file to read. */
function source(bytes: Buffer): Parameters<typeof readLog>[0] {
  const refuse = (): never => {
    throw new Error('the log is only read');
  };
  return {
    read: async (target, offset, length, position) => bytes.copy(target, offset, position, position + length),
    size: async () => bytes.length,
    write: refuse,
    truncate: refuse,
    datasync: refuse,
    sync: refuse,
    close: async () => undefined,
  };
}

function expectPrefix({ events }: { events: readonly string[] }, whole: readonly string[], what: string): void {
  const same = events.every((event, i) => event === whole[i]);
  expectThat(same, `${what}: the reader was told something that was not written`);
}

/** `expect` costs more than the reading here. */
function expectThat(holds: boolean, problem: string): asserts holds {
  if (!holds) throw new Error(problem);
}
