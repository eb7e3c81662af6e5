import { describe, expect, it } from '@jest/globals';
import { JsonReadError } from './json-error.js';
import { JsonReader } from './json-reader.js';

function readerOf(text: string, maxDepth = 64): JsonReader {
  return new JsonReader(Buffer.from(text), { maxDepth });
}

/** The members of the object that comes next: names and the texts of their values. */
function readMembers(reader: JsonReader): [name: string, value: string][] {
  const members: [string, string][] = [];
  reader.enterObject();
  for (let name = reader.nextMember(); name !== undefined; name = reader.nextMember()) {
    members.push([name, reader.readValue()]);
  }
  return members;
}

function readObject(text: string): [name: string, value: string][] {
  const reader = readerOf(text);
  const members = readMembers(reader);
  reader.end();
  return members;
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

describe('an envelope', () => {
  it('gives its members in order, values as text', () => {
    expect(readObject('{"value":{"a":[1.10,-0]},"ttl":300}')).toEqual([
      ['value', '{"a":[1.10,-0]}'],
      ['ttl', '300'],
    ]);
  });

  it('may have white space anywhere between tokens', () => {
    expect(readObject(' \n{\t"value" :\r\n [ 1 , 2 ]\n, "ttl"\t: 5 }\r\n')).toEqual([
      ['value', '[1,2]'],
      ['ttl', '5'],
    ]);
  });

  it('may be empty', () => {
    expect(readObject('{ }')).toEqual([]);
    const reader = readerOf('[ ]');
    reader.enterArray();
    expect(reader.nextElement()).toBe(false);
    reader.end();
  });

  it('may hold lists of objects', () => {
    const reader = readerOf('{"operations":[{"op":"set","key":"a","value":[]}, {"op":"get","key":"ä"}],"more":null}');
    reader.enterObject();
    expect(reader.nextMember()).toBe('operations');
    reader.enterArray();
    const operations = [];
    while (reader.nextElement()) operations.push(readMembers(reader));
    expect(operations).toEqual([
      [
        ['op', '"set"'],
        ['key', '"a"'],
        ['value', '[]'],
      ],
      [
        ['op', '"get"'],
        ['key', '"ä"'],
      ],
    ]);
    expect(reader.nextMember()).toBe('more');
    expect(reader.peek()).toBe('null');
    reader.skipValue();
    expect(reader.nextMember()).toBeUndefined();
    reader.end();
  });

  it('does not count for the depth of the values inside', () => {
    const reader = readerOf('[[[[]]]]', 1);
    for (let level = 0; level < 3; level++) {
      reader.enterArray();
      expect(reader.nextElement()).toBe(true);
    }
    expect(reader.readValue()).toBe('[]');
    for (let level = 0; level < 3; level++) expect(reader.nextElement()).toBe(false);
    reader.end();
  });

  it('gives decoded names', () => {
    expect(readObject(String.raw`{"\u0076alue":1,"\n":2,"":3,"\ud800":4,"😀":5,"a longer name of ä":6}`)).toEqual([
      ['value', '1'],
      ['\n', '2'],
      ['', '3'],
      ['\ud800', '4'],
      ['😀', '5'],
      ['a longer name of ä', '6'],
    ]);
  });

  it('gives names that every object inherits like any other', () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
    const text = `{${names.map((name) => `"${name}":{"x":1}`).join(',')}}`;
    expect(readObject(text)).toEqual(names.map((name) => [name, '{"x":1}']));
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });

  it.each([
    ['{"a":1,}', "Expected a member name in double quotes, found '}' at byte 7"],
    ['{,"a":1}', "Expected a member name in double quotes, found ',' at byte 1"],
    ['{"a":1 "b":2}', "Expected ',' or '}', found '\"' at byte 7"],
    ['{"a":1]', "Expected ',' or '}', found ']' at byte 6"],
    ['{"a" 1}', "Expected ':' after a member name, found '1' at byte 5"],
    ['{"a":}', "Expected a value, found '}' at byte 5"],
    ['{"a":1', "Expected ',' or '}', found the end of the text at byte 6"],
    ['{', 'Expected a member name in double quotes, found the end of the text at byte 1'],
    ['{"a":1}}', "Expected the end of the text, found '}' at byte 7"],
    ['{"a":01}', "Expected no digit after a leading zero, found '1' at byte 6"],
  ])('%j is refused', (text, message) => {
    expect(refusal(() => readObject(text))).toMatchObject({ reason: 'syntax', message });
  });

  it.each([
    ['[1,]', "Expected a value, found ']' at byte 3"],
    ['[,1]', "Expected a value, found ',' at byte 1"],
    ['[1 2]', "Expected ',' or ']', found '2' at byte 3"],
    ['[1}', "Expected ',' or ']', found '}' at byte 2"],
    ['[1', "Expected ',' or ']', found the end of the text at byte 2"],
    ['[', 'Expected a value, found the end of the text at byte 1'],
  ])('%j is refused', (text, message) => {
    const readArray = (): void => {
      const reader = readerOf(text);
      reader.enterArray();
      while (reader.nextElement()) reader.skipValue();
      reader.end();
    };
    expect(refusal(readArray)).toMatchObject({ reason: 'syntax', message });
  });
});

describe('a member that is given twice', () => {
  it.each([
    ['{"value":1,"value":1}', 'The member "value" is given twice: again at byte 11'],
    [String.raw`{"a":1,"b":2,"\u0061":3}`, 'The member "a" is given twice: again at byte 13'],
    ['{"":1,"":2}', 'The member "" is given twice: again at byte 6'],
    ['{"__proto__":1,"__proto__":2}', 'The member "__proto__" is given twice: again at byte 15'],
  ])('is an error that names it: %s', (text, message) => {
    expect(refusal(() => readObject(text))).toMatchObject({ reason: 'duplicate', message });
  });

  it.each([1, 7, 8, 9, 10, 500])('is found among %d other members', (count) => {
    const names = Array.from({ length: count }, (_, i) => `n${i}`);
    for (const name of [names[0], names[count - 1]]) {
      const text = `{${[...names, name].map((n) => `"${n}":0`).join(',')}}`;
      expect(refusal(() => readObject(text))).toMatchObject({ reason: 'duplicate' });
    }
    expect(readObject(`{${names.map((n) => `"${n}":0`).join(',')}}`)).toHaveLength(count);
  });

  it('is quoted in part when its name is long', () => {
    const name = 'n'.repeat(1000);
    const error = refusal(() => readObject(`{"${name}":1,"${name}":2}`));
    expect(error.message).toBe(`The member "${'n'.repeat(64)}"… is given twice: again at byte 1006`);
  });

  it('is no error when the names differ, however little', () => {
    expect(readObject('{"a":1,"A":2,"a ":3,"ä":4,"a\u0308":5}')).toHaveLength(5);
  });

  it('is no error in two objects', () => {
    const reader = readerOf('[{"a":1},{"a":2}]');
    reader.enterArray();
    expect(reader.nextElement()).toBe(true);
    expect(readMembers(reader)).toEqual([['a', '1']]);
    expect(reader.nextElement()).toBe(true);
    expect(readMembers(reader)).toEqual([['a', '2']]);
  });

  it('is no error inside a value', () => {
    expect(readObject('{"value":{"a":1,"a":2}}')).toEqual([['value', '{"a":1,"a":2}']]);
  });
});

describe('a string', () => {
  it.each([
    ['""', ''],
    ['"key"', 'key'],
    ['"a key of more than twelve characters"', 'a key of more than twelve characters'],
    ['"ä€😀"', 'ä€😀'],
    [String.raw`"\"\\\/\b\f\n\r\t\u00e4\ud83d\ude00"`, '"\\/\b\f\n\r\tä😀'],
    [String.raw`"ä \u0000"`, 'ä \0'],
    [String.raw`"\ud800x"`, '\ud800x'],
  ])('%s is read decoded', (text, content) => {
    const reader = readerOf(text);
    expect(reader.readString()).toBe(content);
    reader.end();
  });

  it('without escapes is read right after one with escapes', () => {
    const reader = readerOf(String.raw`["\n","\\n",["\n"],"n"]`);
    const content = [];
    reader.enterArray();
    while (reader.nextElement()) content.push(reader.peek() === 'array' ? reader.readValue() : reader.readString());
    expect(content).toEqual(['\n', '\\n', String.raw`["\n"]`, 'n']);
  });
});

describe('a number', () => {
  it.each(['0', '-0', '5.0', '1e400', '12345678901234567890', '-1.5E-3'])('%s is read as its own text', (text) => {
    const reader = readerOf(` ${text} `);
    expect(reader.readNumberText()).toBe(text);
    reader.end();
  });
});

describe('the kind of the next value', () => {
  it.each([
    [' {}', 'object'],
    ['[]', 'array'],
    ['"x"', 'string'],
    ['-1', 'number'],
    ['0', 'number'],
    ['9', 'number'],
    ['true', 'boolean'],
    ['false', 'boolean'],
    ['null', 'null'],
  ])('of %s is %s, and the value can be read afterwards', (text, kind) => {
    const reader = readerOf(text);
    expect(reader.peek()).toBe(kind);
    expect(reader.peek()).toBe(kind);
    expect(reader.readValue()).toBe(text.trim());
    reader.end();
  });

  it('cannot be told where no value starts', () => {
    expect(refusal(() => readerOf(']').peek())).toMatchObject({ reason: 'syntax', offset: 0 });
  });
});

describe('a value of another kind than the one asked for', () => {
  const expected: Record<string, (reader: JsonReader) => unknown> = {
    'an object': (reader) => reader.enterObject(),
    'an array': (reader) => reader.enterArray(),
    'a string': (reader) => reader.readString(),
    'a number': (reader) => reader.readNumberText(),
  };
  const found = {
    'an object': '{"a":1}',
    'an array': '[1]',
    'a string': '"1"',
    'a number': '1',
    'a boolean': 'true',
    null: 'null',
  };

  for (const [wanted, read] of Object.entries(expected)) {
    for (const [kind, text] of Object.entries(found)) {
      if (kind === wanted) continue;
      it(`is a type error: ${wanted} wanted, ${kind} found`, () => {
        expect(refusal(() => read(readerOf(` ${text}`)))).toMatchObject({
          reason: 'type',
          offset: 1,
          message: `Expected ${wanted}, found ${kind} at byte 1`,
        });
      });
    }
    it(`is a syntax error when it is malformed: ${wanted} wanted`, () => {
      expect(refusal(() => read(readerOf('tru')))).toMatchObject({ reason: 'syntax', offset: 3 });
      expect(refusal(() => read(readerOf('+1')))).toMatchObject({ reason: 'syntax', offset: 0 });
    });
  }
});

describe('a value that is skipped', () => {
  it('is checked like one that is read', () => {
    const skip = (text: string) => () => readerOf(text, 2).skipValue();
    expect(skip('[[1]]')).not.toThrow();
    expect(refusal(skip('[[[1]]]'))).toMatchObject({ reason: 'depth', offset: 2 });
    expect(refusal(skip('[1,]'))).toMatchObject({ reason: 'syntax', offset: 3 });
  });
});

describe('a caller that loses its place', () => {
  it('is told so, not that the text is wrong', () => {
    expect(() => readerOf('{}').nextMember()).toThrow('no object or array was entered');
    expect(() => readerOf('[]').nextElement()).toThrow('no object or array was entered');
    const inArray = readerOf('[1]');
    inArray.enterArray();
    expect(() => inArray.nextMember()).toThrow('nextMember was called inside an array');
    expect(() => inArray.end()).toThrow('end was called inside an object or array');
    const inObject = readerOf('{}');
    inObject.enterObject();
    expect(() => inObject.nextElement()).toThrow('nextElement was called inside an object');
  });
});
