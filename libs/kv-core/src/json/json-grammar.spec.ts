import { describe, expect, it } from '@jest/globals';
import { JsonReadError } from './json-error.js';
import { JsonReader } from './json-reader.js';

const MAX_DEPTH = 64;

function read(text: string | Buffer): string {
  const reader = new JsonReader(typeof text === 'string' ? Buffer.from(text) : text, { maxDepth: MAX_DEPTH });
  const value = reader.readValue();
  reader.end();
  return value;
}

function refusal(attempt: () => unknown): JsonReadError {
  try {
    attempt();
  } catch (error) {
    if (error instanceof JsonReadError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('a JSON text is kept as it was sent', () => {
  it.each([
    'null',
    'true',
    'false',
    '0',
    '-0',
    '-0.0',
    '1.10',
    '12345678901234567890',
    '9007199254740993',
    '1e400',
    '-1E+400',
    '1e-400',
    '0.10e-07',
    '0e999999999',
    '""',
    '"plain"',
    '"two  spaces,\u00a0and a no-break one"',
    String.raw`"\u0000"`,
    String.raw`"\ud800"`,
    String.raw`"\uDBFF\uDFFF \uD83D\uDE00"`,
    String.raw`"\"\\\/\b\f\n\r\t\u00e4\u00E4"`,
    '"a\u007fb"',
    '"äöü ∀ 😀 \u2028\u2029\ufeff\uffff"',
    '[]',
    '{}',
    '[[],{},[{}]]',
    '{"b":1,"a":2,"b":3}',
    '{"":1,"__proto__":{"x":2},"constructor":null,"toString":[]}',
    '{"2":0,"1":0}',
  ])('%s', (text) => {
    expect(read(text)).toBe(text);
  });

  it('but without white space between its tokens', () => {
    expect(read(' \t\r\n{ "a b" :\n[ 1 ,\t-2.5e1 , "x \\" , y" ,\r\n{ } , [ ] , null ] }\n ')).toBe(
      '{"a b":[1,-2.5e1,"x \\" , y",{},[],null]}',
    );
  });

  it('with characters outside ASCII beside white space that goes', () => {
    expect(read('[ "ä  ö" , "😀" ]')).toBe('["ä  ö","😀"]');
  });

  it('with a backslash before the closing quote of a string beside white space that goes', () => {
    expect(read(String.raw`[ "a\\" , "\\\" b" ]`)).toBe(String.raw`["a\\","\\\" b"]`);
  });

  it('with spaces after a scalar left out', () => {
    expect(read('  5  ')).toBe('5');
  });
});

describe('what is not JSON is refused', () => {
  it.each([
    ['a leading zero', '01', 1],
    ['a leading zero behind a minus', '-012', 2],
    ['a point without digits behind it', '1.', 2],
    ['a point without digits before it', '.5', 0],
    ['a point before the exponent', '1.e5', 2],
    ['two points', '1.2.3', 3],
    ['a plus', '+1', 0],
    ['a lone minus', '-', 1],
    ['two minuses', '--1', 1],
    ['a minus and a space', '- 1', 1],
    ['an exponent without digits', '1e', 2],
    ['an exponent with a sign alone', '1e+', 3],
    ['an exponent with a fraction', '1e1.5', 3],
    ['a hexadecimal number', '0x10', 1],
    ['a digit separator', '1_000', 1],
    ['a big integer suffix', '1n', 1],
    ['a full-width digit', '１', 0],
    ['NaN', 'NaN', 0],
    ['Infinity', 'Infinity', 0],
    ['-Infinity', '-Infinity', 1],
    ['undefined', 'undefined', 0],
    ['a word cut short', 'tru', 3],
    ['a word with more behind it', 'nullx', 4],
    ['a word in capitals', 'True', 0],
    ['a word with a typing error', 'fulse', 1],
    ['a lone quote', '"', 1],
    ['a string without an end', '"abc', 4],
    ['a string that ends in a backslash', '"abc\\', 5],
    ['a string whose closing quote is escaped', '"abc\\"', 6],
    ['single quotes', "'a'", 0],
    ['a raw line feed in a string', '"a\nb"', 2],
    ['a raw tab in a string', '"\t"', 1],
    ['a raw NUL in a string', '"\0"', 1],
    ['a raw 0x1F in a string', '"\u001f"', 1],
    ['an unknown escape', String.raw`"\x41"`, 2],
    ['an escape in capitals', String.raw`"\N"`, 2],
    ['an escaped single quote', String.raw`"\'"`, 2],
    ['an escaped character outside ASCII', '"\\ä"', 2],
    ['a bad hexadecimal digit', String.raw`"\u12G4"`, 5],
    ['an escape cut short by the quote', String.raw`"\u12"`, 5],
    ['an escape cut short by the end', String.raw`"\u12`, 5],
    ['an escape in braces', String.raw`"\u{41}"`, 3],
    ['a trailing comma in an array', '[1,]', 3],
    ['a trailing comma in an object', '{"a":1,}', 7],
    ['a leading comma', '[,1]', 1],
    ['two commas', '[1,,2]', 3],
    ['a comma alone in an object', '{,}', 1],
    ['no comma', '[1 2]', 3],
    ['no comma between members', '{"a":1 "b":2}', 7],
    ['no colon', '{"a" 1}', 5],
    ['two colons', '{"a"::1}', 5],
    ['no member value', '{"a":}', 5],
    ['a comma for a colon', '{"a",1}', 4],
    ['a member without a name', '{:1}', 1],
    ['a name without quotes', '{a:1}', 1],
    ['a number as name', '{1:1}', 1],
    ['a colon in an array', '["a":1]', 4],
    ['an array closed as an object', '[1}', 2],
    ['an object closed as an array', '{"a":1]', 6],
    ['an array without an end', '[1', 2],
    ['an array without an end behind a comma', '[1,', 3],
    ['an object without an end', '{"a":1', 6],
    ['an object cut behind a name', '{"a"', 4],
    ['a closing bracket too many', '[1]]', 3],
    ['a closing bracket alone', ']', 0],
    ['two values', '1 2', 2],
    ['a second document', '{}{}', 2],
    ['a line comment', '1 // one', 2],
    ['a block comment', '[1,/**/2]', 3],
    ['a hash comment', '# one\n1', 0],
    ['a NUL behind the value', '1\0', 1],
    ['a NUL for white space', '[\0]', 1],
    ['a form feed for white space', '[\f]', 1],
    ['a vertical tab for white space', '\v1', 0],
    ['a no-break space for white space', '[\u00a0]', 1],
    ['a line separator for white space', '\u20281', 0],
    ['a byte order mark inside', '[\ufeff]', 1],
  ])('%s: %j, at byte %d', (_, text, offset) => {
    expect(refusal(() => read(text))).toMatchObject({ reason: 'syntax', offset });
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
  });

  it.each([
    ['[1 2]', "Expected ',' or ']', found '2' at byte 3"],
    ['{"a":1 2}', "Expected ',' or '}', found '2' at byte 7"],
    ['{"a"', "Expected ':' after a member name, found the end of the text at byte 4"],
    ['{\n1}', "Expected a member name in double quotes, found '1' at byte 2"],
    ['\u00a0', 'Expected a value, found the byte 0xC2 at byte 0'],
    ['-a', "Expected a digit, found 'a' at byte 1"],
    ['007', "Expected no digit after a leading zero, found '0' at byte 1"],
    ['"a\n"', 'Expected control characters in a string as escapes, found the byte 0x0A at byte 2'],
    ['nul', 'Expected null, found the end of the text at byte 3'],
    ['{} x', "Expected the end of the text, found 'x' at byte 3"],
  ])('%j, with a message for people', (text, message) => {
    expect(refusal(() => read(text)).message).toBe(message);
  });

  it.each(['', ' ', '\r\n\t '])('nothing but white space, %j, as empty', (text) => {
    expect(refusal(() => read(text))).toMatchObject({
      reason: 'empty',
      offset: 0,
      message: 'Expected JSON, found nothing at byte 0',
    });
  });
});

describe('bytes that are not UTF-8 are refused', () => {
  it.each([
    ['an overlong NUL', [0xc0, 0x80]],
    ['an overlong slash of two bytes', [0xc1, 0xaf]],
    ['an overlong slash of three bytes', [0xe0, 0x80, 0xaf]],
    ['an overlong form of four bytes', [0xf0, 0x80, 0x80, 0xaf]],
    ['the first surrogate', [0xed, 0xa0, 0x80]],
    ['the last surrogate', [0xed, 0xbf, 0xbf]],
    ['a surrogate pair', [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]],
    ['a character above U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
    ['a lead byte above F4', [0xf5, 0x80, 0x80, 0x80]],
    ['a lone continuation byte', [0x80]],
    ['a lead byte without continuation', [0xc3]],
    ['a three-byte character cut short', [0xe2, 0x82]],
    ['a four-byte character cut short', [0xf0, 0x9f, 0x98]],
    ['FE', [0xfe]],
    ['FF', [0xff]],
  ])('%s, inside a string, at the end, and beside well-formed characters', (_, bad) => {
    const before = Buffer.from('"ä€😀\ud7ff\ue000\ufffd');
    for (const after of ['"', '', '€"']) {
      const text = Buffer.concat([before, Buffer.from(bad), Buffer.from(after)]);
      expect(refusal(() => read(text))).toMatchObject({ reason: 'encoding', offset: before.length });
    }
  });

  it('with a message that says where', () => {
    expect(refusal(() => read(Buffer.from([0x22, 0xff, 0x22]))).message).toBe(
      'The text is not UTF-8: ill-formed bytes at byte 1',
    );
  });

  it('a byte order mark as well, since JSON has none', () => {
    expect(refusal(() => read('\ufeff{}'))).toMatchObject({
      reason: 'encoding',
      offset: 0,
      message: 'JSON has no byte order mark: found one at byte 0',
    });
  });

  it('UTF-16 as well', () => {
    expect(refusal(() => read(Buffer.from('\ufeff{}', 'utf16le')))).toMatchObject({ reason: 'encoding', offset: 0 });
    expect(refusal(() => read(Buffer.from('{}', 'utf16le')))).toMatchObject({ reason: 'syntax', offset: 1 });
  });
});

describe('values nest as deep as is allowed and no deeper', () => {
  const arrays = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  const objects = (depth: number): string => '{"a":'.repeat(depth - 1) + '{}' + '}'.repeat(depth - 1);
  const mixed = (depth: number): string => '[{"a":'.repeat(depth / 2) + '1' + '}]'.repeat(depth / 2);

  it.each([
    ['arrays', arrays],
    ['objects', objects],
    ['arrays and objects by turns', mixed],
  ])('%s', (_, nested) => {
    expect(read(nested(MAX_DEPTH))).toBe(nested(MAX_DEPTH));
    expect(refusal(() => read(nested(MAX_DEPTH + 2)))).toMatchObject({ reason: 'depth' });
    expect(refusal(() => read(`[${nested(MAX_DEPTH)}]`))).toMatchObject({ reason: 'depth' });
  });

  it('where siblings do not count', () => {
    const text = `[${Array.from({ length: 100 }, () => arrays(MAX_DEPTH - 1)).join(',')}]`;
    expect(read(text)).toBe(text);
  });

  it('and the error names the limit and the place', () => {
    expect(refusal(() => read(arrays(MAX_DEPTH + 1))).message).toBe(
      'Nested deeper than 64 levels: another one starts at byte 64',
    );
  });

  it('and scalars alone when the limit is 0', () => {
    const scalar = new JsonReader(Buffer.from('5'), { maxDepth: 0 });
    expect(scalar.readValue()).toBe('5');
    const array = new JsonReader(Buffer.from('[]'), { maxDepth: 0 });
    expect(refusal(() => array.readValue())).toMatchObject({ reason: 'depth', offset: 0 });
  });

  it.each(['[', '{"a":'])('and 500,000 times %j is too deep, not an overflow of the stack', (opening) => {
    expect(refusal(() => read(opening.repeat(500_000)))).toMatchObject({ reason: 'depth' });
    const unlimited = new JsonReader(Buffer.from(opening.repeat(500_000)), { maxDepth: Infinity });
    expect(refusal(() => unlimited.skipValue())).toMatchObject({ reason: 'syntax' });
  });
});
