import { describe, expect, test } from '@jest/globals';
import { JsonReader } from './json-reader.js';
import { readEnvelope, readMembers } from './read-members.js';

const OPTIONS = { maxDepth: 2 };

function envelope(text: string): unknown {
  return readEnvelope(Buffer.from(text), OPTIONS, ['value', 'ttl']);
}

describe('readEnvelope', () => {
  test('gives the wanted members as their own text, without white space between tokens', () => {
    expect(envelope(' { "value" : [ 1.10 , "a b" ] , "ttl" : -0 } ')).toEqual({ value: '[1.10,"a b"]', ttl: '-0' });
  });

  test('leaves out members that are not there, and others than the wanted ones', () => {
    expect(envelope('{"other":1,"value":null}')).toEqual({ value: 'null' });
    expect(envelope('{"__proto__":{"value":1},"constructor":2}')).toEqual({});
  });

  test('tells names by what they decode to', () => {
    expect(envelope('{"\\u0076alue":1}')).toEqual({ value: '1' });
  });

  test.each([
    ['', 'empty'],
    ['{"value":1', 'syntax'],
    ['{"value":1}}', 'syntax'],
    ['{"other":tru}', 'syntax'],
    ['[]', 'type'],
    ['null', 'type'],
    ['{"value":1,"value":1}', 'duplicate'],
    ['{"other":1,"other":1}', 'duplicate'],
    ['{"value":[[[]]]}', 'depth'],
    ['{"other":[[[]]]}', 'depth'],
  ])('refuses %j: %s', (text, reason) => {
    expect(() => envelope(text)).toThrow(expect.objectContaining({ name: 'JsonReadError', reason }));
  });
});

describe('readMembers', () => {
  test('reads objects one after the other inside an array', () => {
    const reader = new JsonReader(Buffer.from('[{"a":1},{"b":2},{}]'), OPTIONS);
    const objects: unknown[] = [];
    reader.enterArray();
    while (reader.nextElement()) objects.push(readMembers(reader, ['a', 'b']));
    reader.end();
    expect(objects).toEqual([{ a: '1' }, { b: '2' }, {}]);
  });
});
