import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { contentOfJsonString, jsonTextOfString, textOfJsonText, trustJsonText } from './json-text.js';

describe('what string APIs write', () => {
  it.each([
    ['', '""'],
    ['Alice', '"Alice"'],
    ['5', '"5"'],
    ['{"a":1}', String.raw`"{\"a\":1}"`],
    ['a\nb\\c\0', String.raw`"a\nb\\c\u0000"`],
    ['ä 😀', '"ä 😀"'],
    ['\ud800', String.raw`"\ud800"`],
    ['\udc00\ud800', String.raw`"\udc00\ud800"`],
  ])('%j is the JSON string %s', (text, value) => {
    expect(jsonTextOfString(text)).toBe(value);
  });
});

describe('what string APIs read', () => {
  it.each([
    ['""', ''],
    ['"Alice"', 'Alice'],
    [String.raw`"a\nb\u0000\u00e4"`, 'a\nb\0ä'],
    [String.raw`"\ud83d\ude00"`, '😀'],
    [String.raw`"\""`, '"'],
  ])('the string %s is its content', (value, text) => {
    expect(textOfJsonText(trustJsonText(value))).toBe(text);
  });

  it.each(['5', '-0', '1.10', '12345678901234567890', 'null', 'true', '{"a":"b"}', '["x"]', '[]'])(
    '%s, which is no string, is its own text',
    (value) => {
      expect(textOfJsonText(trustJsonText(value))).toBe(value);
    },
  );

  it.each([String.raw`"\ud800"`, String.raw`"a\uDFFFb"`, String.raw`"\ude00\ud83d"`])(
    '%s, which UTF-8 cannot carry, is its own text, quotes included',
    (value) => {
      expect(textOfJsonText(trustJsonText(value))).toBe(value);
    },
  );

  it('is what they wrote, for every text that UTF-8 can carry', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const written = text.toWellFormed();
        expect(textOfJsonText(jsonTextOfString(written))).toBe(written);
      }),
    );
  });
});

describe('the content of a JSON string', () => {
  it.each([
    ['""', ''],
    ['"é 😀"', 'é 😀'],
    [String.raw`"\u0041\n\""`, 'A\n"'],
    [String.raw`"\ud800"`, '\ud800'],
  ])('of %s is decoded, whether UTF-8 can carry it or not', (value, content) => {
    expect(contentOfJsonString(trustJsonText(value))).toBe(content);
  });

  it.each(['5', 'null', 'true', '[]', '{"a":"b"}'])('is none for %s', (value) => {
    expect(contentOfJsonString(trustJsonText(value))).toBeUndefined();
  });
});
