import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { LogRecord } from './record.js';
import { RepairedLogWriter } from './repaired-log-writer.js';
import { salvageLog, type DroppedLines, type Salvaged } from './salvage.js';
import { surveyLog } from './survey.js';
import { checkProperty, deleteLine, encoded, memoryFile, read, sealLine, setLine } from './testing/log-builder.js';

interface Found extends Salvaged {
  readonly lines: string[];
}

/** Salvages the given bytes: what was kept and dropped, in order, as text. */
async function salvage(...parts: readonly (Buffer | string)[]): Promise<Found> {
  const lines: string[] = [];
  const salvaged = await salvageLog(memoryFile(...parts), {
    keep: ({ kind, key, seq }) => lines.push(`keep ${kind} ${key} ${seq}`),
    drop: ({ firstLine, lastLine, offset, bytes, reason }) =>
      lines.push(`drop ${firstLine}-${lastLine} at ${offset}+${bytes}: ${reason}`),
    missing: (from, to) => lines.push(`missing ${from}-${to}`),
  });
  return { ...salvaged, lines };
}

/** The same bytes, with one of them changed. */
function damaged(line: Buffer, at = 12): Buffer {
  const copy = Buffer.from(line);
  copy[at]! ^= 1;
  return copy;
}

async function repaired(...parts: readonly (Buffer | string)[]): Promise<Buffer> {
  const target = memoryFile();
  const writer = new RepairedLogWriter(target);
  const sink = {
    keep: (record: Readonly<LogRecord>) => writer.add(record),
    drop: () => undefined,
    missing: () => undefined,
  };
  const { lastSeq, lastTimestamp } = await salvageLog(memoryFile(...parts), sink);
  expect(await writer.finish(lastSeq, lastTimestamp)).toBe(target.bytes.length);
  return target.bytes;
}

describe('salvaging a log', () => {
  it('keeps everything of one that is whole', async () => {
    const { lines, kept, drops, lastSeq, lastTimestamp } = await salvage(
      setLine(1, 1),
      setLine(2, 2, [1, 2]),
      deleteLine(3, 2, [2, 2]),
      sealLine(3),
    );
    expect(lines).toEqual(['keep set k1 1', 'keep set k2 2', 'keep delete k3 3']);
    expect({ kept, drops, lastSeq, lastTimestamp }).toEqual({
      kept: 3,
      drops: 0,
      lastSeq: 3,
      lastTimestamp: 1_700_000_100_000,
    });
  });

  it('keeps the lines on both sides of a damaged one, and says which revision is gone', async () => {
    const [a, b, c] = [setLine(1, 1), setLine(2, 2), setLine(3, 3)];
    expect((await salvage(a, damaged(b), c)).lines).toEqual([
      'keep set k1 1',
      `drop 2-2 at ${a.length}+${b.length}: does not start like a line of the log`,
      'missing 2-2',
      'keep set k3 3',
    ]);
  });

  it('drops a transaction that lost a line, whichever it is, as a whole', async () => {
    const txn = [setLine(2, 2, [1, 3]), setLine(3, 2, [2, 3]), setLine(4, 2, [3, 3])] as const;
    for (let lost = 0; lost < 3; lost++) {
      const lines = txn.map((line, i) => (i === lost ? damaged(line) : line));
      const found = await salvage(setLine(1, 1), ...lines, setLine(5, 5));
      expect(found.lines.filter((line) => line.startsWith('keep'))).toEqual(['keep set k1 1', 'keep set k5 5']);
      expect(found.lines).toContain('missing 2-4');
    }
  });

  it('drops the beginning of a transaction that another line or the end of the file cuts off', async () => {
    const begun = setLine(2, 2, [1, 2]);
    const reason = 'belongs to a transaction of 2 lines of which only 1 are there';
    for (const behind of [[], [setLine(4, 4)], [sealLine(3)]]) {
      const { lines } = await salvage(setLine(1, 1), begun, ...behind);
      expect(lines[1]).toBe(`drop 2-2 at ${setLine(1, 1).length}+${begun.length}: ${reason}`);
    }
  });

  it('keeps a transaction that has bytes put into its midst, as none of its lines is missing', async () => {
    const { lines } = await salvage(setLine(1, 1, [1, 2]), 'garbage\n', setLine(2, 1, [2, 2]));
    expect(lines.filter((line) => line.startsWith('keep'))).toEqual(['keep set k1 1', 'keep set k2 2']);
  });

  it('keeps both lines when the newline between them is lost, and the last one without its newline', async () => {
    const glued = Buffer.concat([setLine(1, 1).subarray(0, -1), setLine(2, 2)]);
    const last = setLine(3, 3).subarray(0, -1);
    expect((await salvage(glued, last)).lines).toEqual(['keep set k1 1', 'keep set k2 2', 'keep set k3 3']);
  });

  it('finds a line behind bytes that were put before it, and texts in values that look like a line do not mislead it', async () => {
    const line = setLine(1, 1, undefined, '{"op":"set","key":"x","value":{"op":"seal"}}');
    const { lines } = await salvage('\0\0{"op":"', line, setLine(2, 2));
    expect(lines).toEqual(['keep set k1 1', expect.stringMatching(/^drop 1-1 at 0\+/), 'keep set k2 2']);
  });

  it('drops a line that is too long, to where the next one begins', async () => {
    const [a, long, c] = [setLine(1, 1), setLine(2, 2, undefined, `"${'x'.repeat(300)}"`), setLine(3, 3)];
    const drops: number[][] = [];
    const sink = {
      keep: () => undefined,
      drop: ({ offset, bytes }: DroppedLines) => drops.push([offset, bytes]),
      missing: () => undefined,
    };
    await salvageLog(memoryFile(a, long, c), sink, { maxLineBytes: 200, chunkBytes: 64 });
    expect(drops).toEqual([[a.length, long.length]]);
  });

  it('keeps one of two lines with the same revision', async () => {
    const { lines } = await salvage(setLine(1, 1), setLine(2, 2), setLine(1, 1), setLine(3, 3));
    expect(lines.filter((line) => !line.startsWith('keep'))).toEqual([
      expect.stringMatching(/^drop 3-3 at \d+\+\d+: has seq 1, but 2 is before it$/),
    ]);
  });

  it('keeps what is left of a compacted part, and what was written behind it', async () => {
    const parts = [setLine(9, 0), damaged(setLine(4, 0)), setLine(7, 0), sealLine(9, 3), setLine(10, 10)];
    const found = await salvage(...parts);
    expect(found.lines).toEqual([
      'keep set k9 9',
      expect.stringMatching(/^drop 2-2/),
      'keep set k7 7',
      'keep set k10 10',
    ]);
    expect(found.lastSeq).toBe(10);
  });

  it("keeps another program's readable lines, and none that come behind a line of ours", async () => {
    const foreign = '{"op":"set","key":"a","value":1,"timestamp":1}\n';
    const { lines } = await salvage(foreign, '{"op":"s\n', '\n', foreign, setLine(4, 4), foreign);
    expect(lines).toEqual([
      'keep set a 1',
      'drop 2-2 at 47+9: is not JSON',
      'keep set a 2',
      'missing 3-3',
      'keep set k4 4',
      expect.stringMatching(/^drop 6-6 at \d+\+47: does not end in a checksum$/),
    ]);
  });

  it('takes nothing out of a last line that is not finished: a value may hold what looks like a line', async () => {
    const forged = setLine(99, 50).toString().trimEnd();
    const line = setLine(2, 2, undefined, `[${forged}]`);
    const unfinished = line.subarray(0, line.indexOf(forged) + forged.length);
    for (const tail of ['', ' '.repeat(70_000)]) {
      // oxlint-disable-next-line no-await-in-loop
      const { lines } = await salvage(setLine(1, 1), unfinished, tail);
      expect(lines).toEqual(['keep set k1 1', expect.stringMatching(/^drop 2-2 at \d+\+\d+: /)]);
    }
  });

  it('has nothing to say of blank bytes behind the last line', async () => {
    const parts = [setLine(1, 1), damaged(setLine(2, 2)), setLine(3, 3)];
    expect(await salvage(...parts, ' '.repeat(70_000))).toEqual(await salvage(...parts));
  });

  it('gives the last revision that a seal names when the lines before it are gone', async () => {
    const found = await salvage(damaged(setLine(1, 1)), damaged(setLine(2, 1)), sealLine(2));
    expect(found).toMatchObject({
      kept: 0,
      drops: 1,
      lastSeq: 2,
      lines: [expect.stringMatching(/^drop 1-2/), 'missing 1-2'],
    });
  });
});

describe('a repaired log', () => {
  it('tells a reader the same as the log did, for what was kept', async () => {
    const parts = [
      encoded((e) => e.encodeSet('a', '1.10', 1_700_000_009_000, 1_700_000_000_000, 1_600_000_000_000, 1, 1)),
      setLine(2, 2, [1, 2]),
      deleteLine(3, 2, [2, 2]),
      sealLine(3),
    ];
    const { events } = await read(parts);
    const log = await repaired(...parts);
    expect(await read([log])).toMatchObject({ events, contents: { lastSeq: 3, sealed: true, tornTail: undefined } });
  });

  it('keeps the last revision and the latest time when no write is left', async () => {
    const { contents } = await read([await repaired(damaged(setLine(1, 1)), sealLine(1))]);
    expect(contents).toMatchObject({ lines: 0, lastSeq: 1, lastTimestamp: 1_700_000_100_000, sealed: true });
  });

  it('is whole whatever was damaged, holds every line that was not, and no part of a transaction', async () => {
    const lines = [
      setLine(1, 1),
      setLine(2, 2, [1, 3]),
      deleteLine(3, 2, [2, 3]),
      setLine(4, 2, [3, 3]),
      sealLine(4),
      setLine(5, 5, undefined, '{"op":"set","key":"k"}'),
      setLine(6, 5, [1, 2]),
      setLine(7, 5, [2, 2]),
      setLine(8, 8),
    ];
    const bytes = Buffer.concat(lines);
    const { events: all } = await read(lines);
    /** Which lines a reader is told of, by the lines that have to be whole for it. */
    const needs = [[0], [1, 2, 3], [1, 2, 3], [1, 2, 3], [5], [6, 7], [6, 7], [8]];
    const starts = lines.map((_, i) => Buffer.concat(lines.slice(0, i)).length);
    const lineAt = (at: number): number => starts.findLastIndex((start) => start <= at);
    const property = fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 }),
      async (changes) => {
        const log = Buffer.from(bytes);
        for (const [at, mask] of changes) log[at]! ^= mask;
        const hit = new Set(changes.filter(([at]) => log[at] !== bytes[at]).map(([at]) => lineAt(at)));
        const { events, contents } = await read([await repaired(log)]);
        expect(contents.tornTail).toBeUndefined();
        expect(all).toEqual(expect.arrayContaining(events));
        const safe = all.filter((_, i) => needs[i]!.every((line) => !hit.has(line)));
        expect(events).toEqual(expect.arrayContaining(safe));
        for (const group of [
          [1, 2, 3],
          [5, 6],
        ]) {
          expect([0, group.length]).toContain(group.filter((i) => events.includes(all[i]!)).length);
        }
      },
    );
    await checkProperty('repair of a log with damaged bytes', property, 500);
  });
});

describe('surveying a log', () => {
  it('gives every line of the good beginning with its place, and where that ends', async () => {
    const foreign = '{"op":"set","key":"a","value": 1,"timestamp":1}\n\n';
    const lines: string[] = [];
    const damage = await surveyLog(
      memoryFile(foreign, setLine(2, 2, [1, 2]), deleteLine(3, 2, [2, 2]), sealLine(3), setLine(5, 5)),
      ({ kind, key, value, seq, txnIndex }, { line, offset, foreign: other }) =>
        lines.push(`${line} at ${offset}: ${kind} ${key} ${value} seq ${seq} txn ${txnIndex} foreign ${other}`),
    );
    const second = Buffer.byteLength(foreign);
    const third = second + setLine(2, 2, [1, 2]).length;
    const fourth = third + deleteLine(3, 2, [2, 2]).length;
    expect(lines).toEqual([
      '1 at 0: set a 1 seq 1 txn 0 foreign true',
      `3 at ${second}: set k2 "v2" seq 2 txn 1 foreign false`,
      `4 at ${third}: delete k3  seq 3 txn 2 foreign false`,
      `5 at ${fourth}: seal   seq 3 txn 0 foreign false`,
    ]);
    expect(damage).toEqual({ offset: fourth + sealLine(3).length, line: 6, reason: 'has seq 5, but 4 is next' });
  });

  it('finds no damage in an empty log', async () => {
    expect(await surveyLog(memoryFile(), () => undefined)).toBeUndefined();
  });
});
