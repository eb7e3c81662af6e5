import { crc32 } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LineDecoder } from './decoder.js';
import { checkProperty, encoded } from './testing/log-builder.js';

function decodeText(text: string): { problem: string | undefined; decoder: LineDecoder } {
  const decoder = new LineDecoder();
  const bytes = Buffer.from(text);
  return { problem: decoder.decode(bytes, 0, bytes.length), decoder };
}

/** A line of any text with a right checksum. */
function sealed(text: string): string {
  return `${text},"crc":"${crc32(Buffer.from(text)).toString(16).padStart(8, '0')}"}`;
}

const SET = '{"op":"set","key":"k","value":1,"timestamp":5,"seq":1,"group":1';

describe('LineDecoder', () => {
  it('decodes literal bytes', () => {
    const { problem, decoder } = decodeText(
      '{"op":"set","key":"user:1","value":"Alice","timestamp":1700000000,"seq":7,"group":5,"crc":"4556ccd8"}',
    );
    expect(problem).toBeUndefined();
    expect(decoder.record).toEqual({
      kind: 'set',
      key: 'user:1',
      value: '"Alice"',
      timestamp: 1_700_000_000_000,
      expiresAt: Infinity,
      createdAt: undefined,
      seq: 7,
      group: 5,
      txnIndex: 0,
      txnLength: 0,
      lines: -1,
    });
  });

  const key = fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }).filter((text) => !text.includes('\0'));
  const value = fc.oneof(
    fc.json(),
    fc.constantFrom('12345678901234567890', '1.10', '-0', '"\\ud800"', '{"a":1,"a":2}', '"é😀"', '1e400'),
    fc.constantFrom('{"op":"set","ttl":5}', '[1,"ttl",5]', '"\\n{\\"op\\":\\"delete\\"}"', '{"timestamp":1,"seq":2}'),
    fc.string({ unit: 'binary', maxLength: 2000 }).map((text) => JSON.stringify(text)),
  );
  const time = fc.integer({ min: 0, max: 4_000_000_000_000 });

  it('gives back what was encoded', async () => {
    const decoder = new LineDecoder();
    await checkProperty(
      'encode and decode',
      fc.asyncProperty(
        key,
        value,
        time,
        fc.option(fc.integer({ min: -5000, max: 10_000_000_000 })),
        fc.option(time),
        fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
        fc.constantFrom<[number, number]>([0, 0], [1, 2], [7, 1000]),
        async (k, v, at, ttl, created, seq, [i, n]) => {
          const expiresAt = ttl === null ? Infinity : at + ttl;
          const bytes = encoded((e) => {
            e.encodeSet(k, v, expiresAt, at, created ?? undefined, seq, seq, i, n);
            e.encodeDelete(k, at, seq, 1, i, n);
            e.encodeSeal(at, seq, i === 0 ? undefined : n);
          });
          expect(bytes.filter((byte) => byte === 10)).toHaveLength(3);
          const first = bytes.indexOf(10);
          const second = bytes.indexOf(10, first + 1);
          const common = { timestamp: at, seq, txnIndex: i, txnLength: n, lines: -1, key: k };
          expect(decoder.decode(bytes, 0, first)).toBeUndefined();
          const createdAt = created ?? undefined;
          expect(decoder.record).toEqual({ ...common, kind: 'set', value: v, expiresAt, createdAt, group: seq });
          expect(decoder.decode(bytes, first + 1, second)).toBeUndefined();
          const none = { value: '', expiresAt: Infinity, createdAt: undefined };
          expect(decoder.record).toEqual({ ...common, ...none, kind: 'delete', group: 1 });
          expect(decoder.decode(bytes, second + 1, bytes.length - 1)).toBeUndefined();
          const order = { txnIndex: 0, txnLength: 0, group: 0, lines: i === 0 ? -1 : n };
          expect(decoder.record).toEqual({ ...common, ...none, ...order, kind: 'seal', key: '' });
        },
      ),
      500,
    );
  });

  it('refuses every line with a bit flipped', () => {
    const line = encoded((e) => {
      e.encodeSet('kéy\n', '{"a":[1,2]}', 9_000, 5_250, 4_000, 12, 10, 1, 2);
    });
    for (let at = 0; at < line.length - 1; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const flipped = Buffer.from(line);
        flipped[at]! ^= 1 << bit;
        expect(new LineDecoder().decode(flipped, 0, flipped.length - 1)).toBeDefined();
      }
    }
  });

  it('refuses every prefix of a line', () => {
    const line = encoded((e) => e.encodeDelete('k', 0, 1, 1));
    for (let end = 0; end < line.length - 1; end++) {
      expect(new LineDecoder().decode(line, 0, end)).toBeDefined();
    }
  });

  it('takes the sound line that the refused ones below differ from', () => {
    expect(decodeText(sealed(SET)).problem).toBeUndefined();
  });

  it.each([
    ['no value', sealed('{"op":"set","key":"k","value":,"timestamp":5,"seq":1,"group":1')],
    ['white space behind a name', sealed('{"op":"set","key": "k","value":1,"timestamp":5,"seq":1,"group":1')],
    ['no seq', sealed('{"op":"set","key":"k","value":1,"timestamp":5,"group":1')],
    ['no group', sealed('{"op":"set","key":"k","value":1,"timestamp":5,"seq":1')],
    ['members in another order', sealed('{"op":"set","key":"k","value":1,"timestamp":5,"group":1,"seq":1')],
    ['a negative timestamp', sealed('{"op":"set","key":"k","value":1,"timestamp":-5,"seq":1,"group":1')],
    ['four decimals', sealed('{"op":"set","key":"k","value":1,"timestamp":5.1234,"seq":1,"group":1')],
    ['no decimals behind the point', sealed('{"op":"set","key":"k","value":1,"timestamp":5.,"seq":1,"group":1')],
    ['a seq past 2^53', sealed('{"op":"set","key":"k","value":1,"timestamp":5,"seq":9007199254740992,"group":1')],
    ['a transaction of one line', sealed(`${SET},"txn":[1,1]`)],
    ['line 3 of 2', sealed(`${SET},"txn":[3,2]`)],
    ['a member behind the group', sealed(`${SET},"more":1`)],
    ['an unknown op', sealed('{"op":"put","key":"k","value":1,"timestamp":5,"seq":1,"group":1')],
    ['a delete with a value', sealed('{"op":"delete","key":"k","value":1,"timestamp":5,"seq":1,"group":1')],
    ['a delete with a ttl', sealed('{"op":"delete","key":"k","ttl":1,"timestamp":5,"seq":1,"group":1')],
    ['a delete with a created time', sealed('{"op":"delete","key":"k","timestamp":5,"created":1,"seq":1,"group":1')],
    ['a seal with a group', sealed('{"op":"seal","timestamp":5,"seq":1,"group":1')],
    ['a seal with a seq past 2^53', sealed('{"op":"seal","timestamp":5,"seq":9007199254740993')],
    ['an empty key', sealed(SET.replace('"k"', '""'))],
    ['a key with an escaped NUL', sealed(SET.replace('"k"', String.raw`"\u0000"`))],
    ['a key with a lone surrogate', sealed(SET.replace('"k"', String.raw`"\ud800"`))],
    ['a key with a raw control character', sealed(SET.replace('"k"', '"\u0001"'))],
    ['a key of 1,025 bytes', sealed(SET.replace('"k"', `"${'x'.repeat(1025)}"`))],
    ['an upper-case checksum', sealed(SET).replace(/[0-9a-f]{8}"}$/, (crc) => crc.toUpperCase())],
    ['another checksum', `${SET},"crc":"00000000"}`],
    ['only a checksum', sealed('')],
    ['no checksum', `${SET}}`],
  ])('refuses a line with %s', (_what, text) => {
    expect(decodeText(text).problem).toEqual(expect.any(String));
  });

  it('keeps no reference to the bytes that it has read', () => {
    const bytes = encoded((e) => e.encodeSet('key', '"value"', Infinity, 0, undefined, 1, 1));
    const decoder = new LineDecoder();
    decoder.decode(bytes, 0, bytes.length - 1);
    bytes.fill(0);
    expect([decoder.record.key, decoder.record.value]).toEqual(['key', '"value"']);
  });
});
