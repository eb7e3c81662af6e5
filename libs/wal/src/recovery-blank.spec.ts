import { describe, expect, it } from '@jest/globals';
import { read, sealLine, setLine } from './testing/log-builder.js';
import { COMPACTED, MASKS, offsetsOf, PLAIN, PLAIN_LAST_GROUP } from './testing/sample-logs.js';

describe('readLog, of a log with space taken ahead', () => {
  const BLANK = Buffer.alloc(3000, ' ');

  it.each([
    ['runs', PLAIN],
    ['a clean stop', [...PLAIN, sealLine(9)]],
    ['a compacted part', COMPACTED],
    ['a store that holds nothing', [sealLine(99, 0), sealLine(99)]],
    ["another program's lines", ['{"op":"set","key":"a","value":1,"timestamp":5}\n', '\n', setLine(2, 2)]],
  ])('tells the same as of one without: %s', async (_, parts) => {
    const without = await read(parts);
    const { contents, events } = await read([...parts, BLANK]);
    expect(events).toEqual(without.events);
    expect(contents).toEqual({ ...without.contents, blankBytes: BLANK.length });
  });

  it('cuts a last group that ends at any byte, and blank bytes are no part of what is saved', async () => {
    const whole = Buffer.concat(PLAIN);
    for (let at = offsetsOf(PLAIN)[PLAIN_LAST_GROUP]!; at < whole.length; at++) {
      /* oxlint-disable no-await-in-loop */
      const without = await read([whole.subarray(0, at)]);
      const { contents, events } = await read([whole.subarray(0, at), BLANK]);
      /* oxlint-enable no-await-in-loop */
      expect(events).toEqual(without.events);
      expect(contents).toEqual({ ...without.contents, blankBytes: BLANK.length });
    }
  });

  it("takes no text in a torn line's value for a line that shows more than a torn tail", async () => {
    const texts = [setLine(99, 50), setLine(99, 99), sealLine(99), setLine(99, 0)].map((line) =>
      line.toString().trimEnd(),
    );
    const synced = [setLine(1, 1), setLine(2, 2)];
    const start = Buffer.concat(synced).length;
    for (const text of texts) {
      const group = Buffer.concat([setLine(3, 3, undefined, `[${text},${text}]`), setLine(4, 3, undefined, text)]);
      for (let from = 0; from < group.length; from++) {
        for (const to of [from + 1, from + 60, from + 300, Infinity]) {
          const torn = Buffer.from(group);
          torn.fill(' ', from, Math.min(to, torn.length));
          // oxlint-disable-next-line no-await-in-loop
          const { contents } = await read([...synced, torn, BLANK]);
          expect(contents.bytes).toBeGreaterThanOrEqual(start);
          expect(contents.lastSeq).toBeLessThanOrEqual(4);
        }
      }
    }
  });

  it('finds a blank byte that has changed, and loses nothing with it', async () => {
    const { length } = Buffer.concat(PLAIN);
    for (let at = 0; at < BLANK.length; at += 13) {
      for (const mask of MASKS) {
        const blanks = Buffer.from(BLANK);
        blanks[at]! ^= mask;
        // oxlint-disable-next-line no-await-in-loop
        const { contents } = await read([...PLAIN, blanks]);
        expect(contents).toMatchObject({ bytes: length, lines: 9, tornTail: { offset: length } });
      }
    }
  });
});
