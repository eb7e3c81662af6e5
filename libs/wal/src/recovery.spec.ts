import { crc32 } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LogCorruptError } from './errors.js';
import { checkProperty, encoded, read, sealLine, setLine } from './testing/log-builder.js';
import {
  COMPACTED,
  COMPACTED_LAST_GROUP,
  MASKS,
  offsetsOf,
  PLAIN,
  PLAIN_KEPT,
  PLAIN_LAST_GROUP,
} from './testing/sample-logs.js';

async function corruption(parts: readonly (Buffer | string)[]): Promise<LogCorruptError> {
  return await read(parts).then(
    () => {
      throw new Error('the log was taken');
    },
    (error: unknown) => {
      if (error instanceof LogCorruptError) return error;
      throw error;
    },
  );
}

/** Flips bits of every byte and checks what becomes of it. */
async function checkFlips(
  parts: readonly Buffer[],
  lastGroup: number,
  kept: (part: number) => number,
): Promise<number> {
  const offsets = offsetsOf(parts);
  const { events: all } = await read(parts);
  const dataBefore = (count: number): number => parts.slice(0, count).filter((part) => !part.includes('"seal"')).length;
  let flips = 0;
  for (const [index, part] of parts.entries()) {
    for (let at = 0; at < part.length; at++) {
      for (const mask of MASKS) {
        const bytes = Buffer.concat(parts);
        bytes[offsets[index]! + at]! ^= mask;
        flips++;
        if (index < lastGroup) {
          // oxlint-disable-next-line no-await-in-loop
          const error = await corruption([bytes]);
          expect([error.offset, error.line]).toEqual([offsets[index], index + 1]);
        } else {
          // oxlint-disable-next-line no-await-in-loop
          const { contents, events } = await read([bytes]);
          expect(contents.tornTail?.offset).toBe(offsets[index]);
          expect(contents.bytes).toBe(offsets[kept(index)]);
          expect(events).toEqual(all.slice(0, dataBefore(kept(index))));
        }
      }
    }
  }
  return flips;
}

describe('readLog', () => {
  it('takes an empty log', async () => {
    const { contents } = await read([]);
    expect(contents).toEqual({
      bytes: 0,
      blankBytes: 0,
      lines: 0,
      foreignLines: 0,
      hasOwnLines: false,
      lastSeq: 0,
      lastTimestamp: 0,
      sealed: false,
      newlineOwed: false,
      tornTail: undefined,
    });
  });

  it('replays runs, transactions and seals in order', async () => {
    const { contents, events } = await read([...PLAIN, sealLine(9)]);
    expect(events.map((event) => Number(/seq (\d+)$/.exec(event)![1]))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(contents).toMatchObject({
      lines: 9,
      lastSeq: 9,
      lastTimestamp: 1_700_000_100_000,
      sealed: true,
      tornTail: undefined,
    });
  });

  it('replays a compacted part, with its own revisions and created times, and what follows', async () => {
    const { contents, events } = await read(COMPACTED);
    expect(events[1]).toBe('set older=[] expires Infinity at 1700000000000 created 1600000000000 seq 3');
    expect(events.map((event) => Number(/seq (\d+)$/.exec(event)![1]))).toEqual([11, 3, 7, 13, 14, 15]);
    expect(contents).toMatchObject({ lines: 6, lastSeq: 15, sealed: false, tornTail: undefined });
  });

  it('keeps the last revision of a store that holds nothing', async () => {
    const { contents } = await read([sealLine(99, 0), sealLine(99)]);
    expect(contents).toMatchObject({ lines: 0, lastSeq: 99, sealed: true });
    expect((await corruption([sealLine(99, 0).fill('x', 30, 31), sealLine(99)])).offset).toBe(0);
  });

  it('reads lines longer than its chunks', async () => {
    const { events } = await read([setLine(1, 1, undefined, `"${'x'.repeat(5000)}"`), setLine(2, 2)], {
      chunkBytes: 64,
    });
    expect(events).toHaveLength(2);
  });

  it('is not misled by values that look like lines of the log', async () => {
    const line = setLine(2, 2).toString().trimEnd();
    const values = [line, `[${line},${line}]`, JSON.stringify(`\n${line}\n`), '{"a":1,"ttl":5}', '{"seq":9,"group":9}'];
    const parts = values.map((value, i) => setLine(i + 1, 1, undefined, value));
    const { contents, events } = await read(parts);
    expect(contents).toMatchObject({ lines: 5, tornTail: undefined });
    expect(events.map((event) => /=(.*) expires/s.exec(event)![1])).toEqual(values);
    // Damaged, such a value must not pass for a lost newline's second line.
    const torn = Buffer.concat(parts.slice(0, 2));
    torn[parts[0]!.length + 30]! ^= 1;
    expect((await read([torn])).contents.tornTail?.offset).toBe(parts[0]!.length);
  });

  it('cuts a log that ends at any byte behind its last whole transaction', async () => {
    const offsets = offsetsOf(PLAIN);
    const { events: all } = await read(PLAIN);
    const bytes = Buffer.concat(PLAIN);
    for (let length = 0; length < bytes.length; length++) {
      const whole = offsets.findLastIndex((offset) => offset <= length);
      const kept = PLAIN_KEPT[whole]!;
      // oxlint-disable-next-line no-await-in-loop
      const { contents, events } = await read([bytes.subarray(0, length)]);
      const clean = offsets[kept] === length;
      expect(contents.bytes).toBe(offsets[kept]);
      expect(contents.tornTail?.cutBytes).toBe(clean ? undefined : length - offsets[kept]!);
      const data = PLAIN.slice(0, kept).filter((part) => !part.includes('"seal"')).length;
      expect(events).toEqual(all.slice(0, data));
      expect(contents.lastSeq).toBe(data);
    }
  });

  it('refuses a compacted part that ends at any byte before its seal does, and cuts behind it', async () => {
    const offsets = offsetsOf(COMPACTED);
    const bytes = Buffer.concat(COMPACTED);
    for (let length = offsets[1]!; length < bytes.length; length++) {
      const whole = offsets.findLastIndex((offset) => offset <= length);
      if (length < offsets[4]!) {
        // oxlint-disable-next-line no-await-in-loop
        const error = await corruption([bytes.subarray(0, length)]);
        expect([error.offset, error.line]).toEqual([offsets[whole], whole + 1]);
      } else {
        // oxlint-disable-next-line no-await-in-loop
        expect((await read([bytes.subarray(0, length)])).contents.bytes).toBe(offsets[whole]);
      }
    }
  });

  it('cuts or refuses, at the right offset, a log with bits of any one byte flipped', async () => {
    expect(await checkFlips(PLAIN, PLAIN_LAST_GROUP, (part) => PLAIN_KEPT[part]!)).toBeGreaterThan(5000);
  });

  it('does the same with a compacted log', async () => {
    expect(await checkFlips(COMPACTED, COMPACTED_LAST_GROUP, (part) => part)).toBeGreaterThan(4000);
  });

  it('refuses bits of three lines that leave the checksum of all bytes as it was', async () => {
    const lines = Array.from({ length: 400 }, (_, i) =>
      encoded((e) => {
        const text = '0123456789abcdefghijklmnopqrstuv'.slice((i + 1) % 7) + 'x'.repeat((i + 1) % 7);
        const key = `user:${String(i + 1).padStart(6, '0')}`;
        e.encodeSet(key, JSON.stringify(text), Infinity, 1_700_000_000_001 + i, undefined, i + 1, i + 1);
      }),
    );
    const whole = Buffer.concat([...lines, encoded((e) => e.encodeSeal(1_700_000_001_000, 400))]);
    const damaged = Buffer.from(whole);
    // Lines 91, 113 and 364: CRC-32 may miss three bits that are more than 11 KB apart.
    damaged[12_643]! ^= 2;
    damaged[15_746]! ^= 2;
    damaged[51_333]! ^= 1;
    expect(crc32(damaged)).toBe(crc32(whole));
    await expect(read([damaged])).rejects.toMatchObject({ line: 91, reason: 'has a wrong checksum' });
  });

  it('refuses any flipped byte before a clean stop', async () => {
    await checkFlips([setLine(1, 1), setLine(2, 1), sealLine(2)], 2, (part) => part);
  });

  it('cuts a last group whose lines are in another order', async () => {
    const { contents, events } = await read([setLine(1, 1), setLine(2, 2), setLine(4, 2), setLine(3, 2)]);
    expect(events).toHaveLength(2);
    expect(contents.tornTail).toMatchObject({ line: 3, reason: 'has seq 4, but 3 is next' });
  });

  it('cuts a last group with a hole of NULs, and a tail of them', async () => {
    const whole = [setLine(1, 1), setLine(2, 2)];
    const end = whole[0]!.length + whole[1]!.length;
    const hole = Buffer.from(setLine(3, 2)).fill(0, 5);
    expect((await read([...whole, hole, setLine(4, 2), setLine(5, 2)])).contents.bytes).toBe(end);
    expect((await read([...whole, Buffer.alloc(100_000)])).contents.bytes).toBe(end);
    expect((await read([...whole, Buffer.alloc(1000)], { chunkBytes: 16, maxLineBytes: 200 })).contents).toMatchObject({
      bytes: end,
    });
  });

  const refused: [string, Buffer[], number][] = [
    ['a missing line', [setLine(1, 1), setLine(3, 3)], 2],
    ['a missing line whose group went on', [setLine(1, 1), setLine(3, 2), setLine(4, 4)], 2],
    ['a missing first line', [setLine(2, 2)], 1],
    ['a line twice', [setLine(1, 1), setLine(2, 2), setLine(2, 2)], 3],
    ['a first line of a group out of order', [setLine(1, 1), setLine(3, 2), setLine(2, 2)], 2],
    [
      'a first byte that became a newline',
      [Buffer.concat([Buffer.from('\n'), setLine(1, 1).subarray(1)]), setLine(2, 2)],
      1,
    ],
    ['a blank line', [setLine(1, 1), Buffer.from('\n'), setLine(2, 2)], 2],
    ['a carriage return', [setLine(1, 1), Buffer.from('\r'), setLine(2, 2)], 2],
    ['a foreign line', [setLine(1, 1), Buffer.from('{"op":"delete","key":"a","timestamp":1}\n'), setLine(2, 2)], 2],
    ['a seal with another seq', [setLine(1, 1), sealLine(2)], 2],
    ['a seal of a compacted part that is not there', [setLine(1, 1), sealLine(1, 1)], 2],
    ['a seal inside a transaction', [setLine(1, 1, [1, 2]), sealLine(1)], 2],
    ['a seal with too many lines', [setLine(4, 0), sealLine(4, 2)], 2],
    ['a seal without its lines', [setLine(4, 0), sealLine(4)], 2],
    ['a seal with a seq below its part', [setLine(4, 0), sealLine(3, 1)], 2],
    ['an ordinary line in a compacted part', [setLine(4, 0), setLine(5, 5), sealLine(5, 1)], 2],
    ['a compacted line behind others', [setLine(1, 1), setLine(2, 0)], 2],
    ['a compacted line of a transaction', [setLine(4, 0, [1, 2]), sealLine(4, 1)], 1],
    ['a transaction broken off before a later group', [setLine(1, 1, [1, 2]), setLine(2, 2)], 2],
    [
      'a transaction that changes its length before a later group',
      [setLine(1, 1, [1, 2]), setLine(2, 1, [2, 3]), setLine(3, 3)],
      2,
    ],
    ['the second line of a transaction alone', [setLine(1, 1, [2, 2]), setLine(2, 2)], 1],
  ];
  it.each(refused)('refuses %s', async (_what, parts, line) => {
    expect((await corruption(parts)).line).toBe(line);
  });

  it('refuses a line whose group is after its seq', async () => {
    const text = '{"op":"delete","key":"k","timestamp":1,"seq":1,"group":2';
    const sum = crc32(Buffer.from(text)).toString(16).padStart(8, '0');
    expect((await corruption([`${text},"crc":"${sum}"}\n`])).reason).toBe('has group 2, but its seq is only 1');
  });

  it('names a seal as what shows that lines were on disk', async () => {
    const { evidence } = await corruption([setLine(1, 1), '?\n', sealLine(1)]);
    expect(evidence).toBe('a seal says that what stands before it was on disk');
  });

  it('refuses a broken transaction with a later group although that began inside of it', async () => {
    // Seq 2 is the start of the cut, and seq 4 was written after 2 and 3 were synced.
    expect((await corruption([setLine(1, 1), setLine(2, 2, [1, 2]), Buffer.from('?\n'), setLine(4, 3)])).line).toBe(3);
  });

  it.each([
    ['a line without group', setLine(2, 2).toString().replace(',"group":2', '')],
    [
      'a line without checksum',
      setLine(2, 2)
        .toString()
        .replace(/,"crc":"[^"]*"/, ''),
    ],
    ['a foreign line', '{"op":"delete","key":"a","timestamp":1}\n'],
    ['white space', '\t'],
  ])('cuts %s at the end of ours', async (_what, last) => {
    const first = setLine(1, 1);
    expect((await read([first, last])).contents).toMatchObject({
      bytes: first.length,
      lastSeq: 1,
      tornTail: { line: 2 },
    });
  });

  it('finds the line that a lost newline has glued to the one before', async () => {
    const first = setLine(1, 1);
    for (const glue of ['', 'x', '\0', '\r', ' ', ',', '\0'.repeat(600)]) {
      const glued = Buffer.concat([setLine(2, 2).subarray(0, -1), Buffer.from(glue)]);
      // oxlint-disable-next-line no-await-in-loop
      expect((await corruption([first, glued, setLine(3, 3)])).offset).toBe(first.length);
      // oxlint-disable-next-line no-await-in-loop
      expect((await corruption([first, glued, sealLine(2)])).offset).toBe(first.length);
      // oxlint-disable-next-line no-await-in-loop
      expect((await read([first, glued, setLine(3, 2)])).contents.bytes).toBe(first.length);
    }
  });

  it('tells a torn first group of ours from a damaged log of another program', async () => {
    const foreign = '{"op":"delete","key":"a","timestamp":1}\n';
    const damaged = (seq: number): Buffer => {
      const line = setLine(seq, 2);
      line[20]! ^= 1;
      return line;
    };
    // Our first group, all of it damaged: its trailers say which group it was.
    expect((await read([foreign, damaged(2), damaged(3)])).contents).toMatchObject({
      bytes: foreign.length,
      lastSeq: 1,
    });
    expect((await read([foreign, Buffer.from('\0\0\n'), setLine(3, 2)])).contents.bytes).toBe(foreign.length);
    expect((await corruption([foreign, Buffer.from('\0\0\n'), Buffer.from('\0\0\n')])).offset).toBe(foreign.length);
    expect((await corruption([foreign, Buffer.from('\0\0\n'), setLine(3, 3)])).offset).toBe(foreign.length);
    // Checksums of another program's own making.
    const other = '{"op":"delete","key":"a","timestamp":1,"seq":1,"crc":"00000000"}\n';
    expect((await corruption([other, other])).offset).toBe(0);
  });

  it('says in its error where, what and what to do', async () => {
    const first = setLine(1, 1);
    const error = await corruption([first, setLine(3, 3)]);
    expect(error).toMatchObject({ name: 'LogCorruptError', code: 'LOG_CORRUPT', file: 'wal.log', line: 2 });
    expect(error.message).toBe(
      `The log wal.log is corrupt at byte ${first.length}, line 2: the line has seq 3, but 2 is next, and ` +
        'the line of seq 3 was written after all before seq 3 was on disk. Nothing was changed. ' +
        'Look at it with `kvasir wal check`; `kvasir wal repair` keeps a backup and drops what can not be read.',
    );
  });

  it('keeps every synced line, and whole transactions only, when a power cut loses any part of the last group', async () => {
    const groups = fc.array(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }), {
      minLength: 2,
      maxLength: 5,
    });
    await checkProperty(
      'power cut',
      fc.asyncProperty(
        groups,
        fc.integer({ min: 16, max: 200 }),
        fc.array(fc.boolean(), { minLength: 64, maxLength: 64 }),
        fc.nat(),
        async (shape, sector, keep, cut) => {
          let seq = 0;
          let synced = Buffer.alloc(0);
          let last = Buffer.alloc(0);
          const ends = new Set<number>();
          let syncedSeq = 0;
          for (const transactions of shape) {
            synced = Buffer.concat([synced, last]);
            syncedSeq = seq;
            const group = seq + 1;
            const lines: Buffer[] = [];
            for (const length of transactions) {
              for (let i = 1; i <= length; i++) lines.push(setLine(++seq, group, length > 1 ? [i, length] : undefined));
              ends.add(seq);
            }
            last = Buffer.concat(lines);
          }
          const torn = Buffer.from(last.subarray(0, cut % (last.length + 1)));
          for (let at = 0, i = 0; at < torn.length; at += sector, i++) {
            if (!keep[i % keep.length]) torn.fill(0, at, Math.min(at + sector, torn.length));
          }
          const { contents, events } = await read([synced, torn]);
          expect(contents.lastSeq).toBeGreaterThanOrEqual(syncedSeq);
          expect(events).toHaveLength(contents.lastSeq);
          expect(contents.lastSeq === syncedSeq || ends.has(contents.lastSeq)).toBe(true);
          expect(contents.bytes).toBeGreaterThanOrEqual(synced.length);
        },
      ),
      1000,
    );
  });
});
