import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { checksumsHold } from './chunk-checksum.js';
import { deleteLine, sealLine, setLine } from './testing/log-builder.js';

/** Where the newlines are. */
function endsOf(bytes: Buffer, from: number): number[] {
  const ends: number[] = [];
  for (let at = bytes.indexOf(10, from); at >= 0; at = bytes.indexOf(10, at + 1)) ends.push(at);
  return ends;
}

function hold(bytes: Buffer, start = 0): boolean {
  return checksumsHold(bytes, start, endsOf(bytes, start));
}

describe('checksumsHold', () => {
  it('finds the checksums of any lines of ours right, wherever they begin', () => {
    const anySeq = fc.integer({ min: 1, max: 1e9 });
    const line = fc.oneof(
      fc
        .record({ seq: anySeq, length: fc.nat(150) })
        .map(({ seq, length }) => setLine(seq, seq, undefined, JSON.stringify('é'.repeat(length)))),
      anySeq.map((seq) => deleteLine(seq, 1)),
      anySeq.map((seq) => sealLine(seq)),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), fc.nat(20), (lines, start) => {
        expect(hold(Buffer.concat([Buffer.alloc(start), ...lines]), start)).toBe(true);
      }),
    );
  });

  it('finds every bit that was turned, in the text, the checksums and around them', () => {
    const lines = Buffer.concat([setLine(1, 1), deleteLine(2, 2), setLine(3, 3, undefined, '[1,2,3]')]);
    const ends = endsOf(lines, 0);
    for (let at = 0; at < lines.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const damaged = Buffer.from(lines);
        damaged[at]! ^= 1 << bit;
        expect(checksumsHold(damaged, 0, ends)).toBe(false);
        // Without its newline the last line is none.
        expect(hold(damaged)).toBe(at === lines.length - 1);
      }
    }
  });

  it('finds a checksum that belongs to another line', () => {
    const [a, b] = [setLine(1, 1), setLine(2, 2)];
    const mixed = Buffer.concat([a.subarray(0, -11), b.subarray(-11), b]);
    expect(hold(mixed)).toBe(false);
  });

  it.each([
    ['another program', Buffer.from('{"op":"set","key":"theirs","value":1,"timestamp":1}\n')],
    ['no length to speak of', Buffer.from('\n')],
    ['more bytes than it has a table for', setLine(1, 1, undefined, JSON.stringify('x'.repeat(500)))],
  ])('can not tell of a line of %s', (_, line) => {
    expect(hold(Buffer.concat([setLine(1, 1), line]))).toBe(false);
  });
});
