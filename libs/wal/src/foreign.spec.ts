import { describe, expect, it } from '@jest/globals';
import { setLine, read } from './testing/log-builder.js';

async function eventsOf(...lines: readonly (Buffer | string)[]): Promise<string[]> {
  const { contents, events } = await read(lines);
  expect(contents.tornTail).toBeUndefined();
  return events;
}

describe("another program's log", () => {
  it('is replayed with revisions by position', async () => {
    const { contents, events } = await read([
      '{"op":"set","key":"user:1","value":"Alice","ttl":300,"timestamp":1234567890}\n',
      '{"op":"delete","key":"user:2","timestamp":1234567891}\n',
    ]);
    expect(events).toEqual([
      'set user:1="Alice" expires 1234568190000 at 1234567890000 created undefined seq 1',
      'delete user:2 at 1234567891000 seq 2',
    ]);
    expect(contents).toMatchObject({
      lines: 2,
      foreignLines: 2,
      lastSeq: 2,
      lastTimestamp: 1_234_567_891_000,
      newlineOwed: false,
      tornTail: undefined,
    });
  });

  it('may lack the newline of its last line, use CRLF and hold blank lines', async () => {
    const { contents, events } = await read([
      '\r\n{"op":"delete","key":"a","timestamp":1}\r\n',
      ' \t\n\n',
      '{"op":"delete","key":"b","timestamp":2}',
    ]);
    expect(events).toEqual(['delete a at 1000 seq 1', 'delete b at 2000 seq 2']);
    expect(contents).toMatchObject({ newlineOwed: true, tornTail: undefined });
  });

  it.each([
    ['whole seconds', '1234567890', 1_234_567_890_000],
    ['fractions of a second', '1234567890.1234', 1_234_567_890_123],
    ['an exponent', '1e3', 1_000_000],
    ['seconds up to 1e11', '100000000000', 100_000_000_000_000],
    ['milliseconds above 1e11', '1700000000123', 1_700_000_000_123],
  ])('may have its timestamp in %s', async (_what, timestamp, milliseconds) => {
    expect(await eventsOf(`{"op":"delete","key":"a","timestamp":${timestamp}}`)).toEqual([
      `delete a at ${milliseconds} seq 1`,
    ]);
  });

  it.each([
    ['', 'Infinity'],
    ['"ttl":null,', 'Infinity'],
    ['"ttl":300,', '400000'],
    ['"ttl":0.5,', '100500'],
    ['"ttl":0,', '100000'],
    ['"ttl":-5,', '95000'],
    ['"ttl":-1e9,', '0'],
    ['"ttl":1e300,', 'Infinity'],
    ['"ttl":1e400,', 'Infinity'],
    ['"ttl":7,"ttl":8,', '108000'],
  ])('with %s expires at %s', async (ttl, expiresAt) => {
    expect(await eventsOf(`{"op":"set","key":"a","value":1,${ttl}"timestamp":100}`)).toEqual([
      `set a=1 expires ${expiresAt} at 100000 created undefined seq 1`,
    ]);
  });

  it.each([
    ['12345678901234567890', '12345678901234567890'],
    ['1.10', '1.10'],
    ['-0.0e+5', '-0.0e+5'],
    ['null', 'null'],
    ['""', '""'],
    ['{}', '{}'],
    [' [ ] ', '[]'],
    ['{ "b" : 1 , "a" : [ 1 , { } ] , "b" : 2 }', '{"b":1,"a":[1,{}],"b":2}'],
    [String.raw`" a \" \\ \n \ud800 : , "`, String.raw`" a \" \\ \n \ud800 : , "`],
    ['"Zoë 😀"', '"Zoë 😀"'],
    ['{"value":{"value":3}}', '{"value":{"value":3}}'],
    [String.raw`"{\"op\":\"delete\"}\n"`, String.raw`"{\"op\":\"delete\"}\n"`],
    ['{"crc":"00000000","seq":1}', '{"crc":"00000000","seq":1}'],
    ['{"__proto__":{"constructor":1}}', '{"__proto__":{"constructor":1}}'],
  ])('keeps the text of the value %s', async (value, text) => {
    const rest = `"op":"set","key":"a","timestamp":1`;
    const expected = [`set a=${text} expires Infinity at 1000 created undefined seq 1`];
    expect(await eventsOf(`{${rest},"value":${value}}`)).toEqual(expected);
    expect(await eventsOf(`  { "value" :\t${value} , ${rest} , "more":["value",{"value":9}] }  \r\n`)).toEqual(
      expected,
    );
    expect(await eventsOf(`{"value":0,${rest},"v\\u0061lue":${value}}`)).toEqual(expected);
  });

  it('may escape its key', async () => {
    expect(await eventsOf(String.raw`{"op":"delete","key":"\u00e9\/\ud83d\ude00\n","timestamp":1}`)).toEqual([
      'delete é/😀\n at 1000 seq 1',
    ]);
  });

  it('goes on with our lines, numbered behind it', async () => {
    expect(await eventsOf('{"op":"delete","key":"a","timestamp":1}\n', '\n', setLine(2, 2))).toHaveLength(2);
  });

  const unreadable: [string, Buffer | string][] = [
    ['half a line', '{"op":"delete","key":"a","time'],
    ['an array', '["op","set"]'],
    ['null', 'null'],
    ['an unknown op', '{"op":"put","key":"a","value":1,"timestamp":1}'],
    ['a seal without our members', '{"op":"seal","timestamp":1}'],
    ['no key', '{"op":"delete","timestamp":1}'],
    ['a number for a key', '{"op":"delete","key":1,"timestamp":1}'],
    ['an empty key', '{"op":"delete","key":"","timestamp":1}'],
    ['a key with NUL', String.raw`{"op":"delete","key":"\u0000","timestamp":1}`],
    ['a key with a lone surrogate', String.raw`{"op":"delete","key":"\udfff","timestamp":1}`],
    ['a key of 1,025 bytes', `{"op":"delete","key":"${'x'.repeat(1025)}","timestamp":1}`],
    ['a set without a value', '{"op":"set","key":"a","timestamp":1}'],
    ['no timestamp', '{"op":"delete","key":"a"}'],
    ['a text for a timestamp', '{"op":"delete","key":"a","timestamp":"1"}'],
    ['a negative timestamp', '{"op":"delete","key":"a","timestamp":-1}'],
    ['an endless timestamp', '{"op":"delete","key":"a","timestamp":1e400}'],
    ['a text for a ttl', '{"op":"set","key":"a","value":1,"ttl":"1","timestamp":1}'],
    ['bad UTF-8', Buffer.from('{"op":"delete","key":"\xff","timestamp":1}', 'latin1')],
    ['a raw control character in a string', '{"op":"delete","key":"a\u0001","timestamp":1}'],
    ['only a seq', '{"op":"delete","key":"a","timestamp":1,"seq":2}'],
    ['only a group', '{"op":"delete","key":"a","timestamp":1,"group":2}'],
    ['only a crc', '{"op":"delete","key":"a","timestamp":1,"crc":"00000000"}'],
    ['only a txn', '{"op":"delete","key":"a","timestamp":1,"txn":[1,2]}'],
    ['a byte order mark', '\ufeff{"op":"delete","key":"a","timestamp":1}'],
    ['NULs', '\0\0\0\0'],
  ];
  const good = '{"op":"delete","key":"good","timestamp":1}\n';

  it.each(unreadable)('is cut before a last line with %s', async (_what, line) => {
    for (const newline of ['', '\n', '\n \r\n']) {
      // oxlint-disable-next-line no-await-in-loop
      const { contents, events } = await read([good, line, newline]);
      expect(events).toEqual(['delete good at 1000 seq 1']);
      expect(contents).toMatchObject({ bytes: good.length, lastSeq: 1, tornTail: { offset: good.length, line: 2 } });
    }
  });

  it.each(unreadable)('is refused when anything follows a line with %s', async (_what, line) => {
    const refused = { code: 'LOG_CORRUPT', offset: good.length, line: 2 };
    await expect(read([good, line, '\n', good])).rejects.toMatchObject(refused);
    await expect(read([good, line, '\n', 'x'])).rejects.toMatchObject(refused);
    await expect(read([good, line, '\n', good, setLine(4, 4)])).rejects.toMatchObject(refused);
  });
});
