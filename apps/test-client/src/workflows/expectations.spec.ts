import type { HttpAnswer } from '@kvasir/client';
import { describe, expect, it } from '@jest/globals';
import { holds, isDone, isGone, unexpected } from './expectations.js';

function answer(status: number, text: string, truncated = false): HttpAnswer {
  return { status, headers: {}, body: Buffer.from(text), text, truncated };
}

describe('a write', () => {
  it('is done with its status and a success', () => {
    expect(isDone(201)(answer(201, '{"success":true,"more":1}'))).toBeUndefined();
  });

  it.each([
    [200, '{"success":true}'],
    [201, '{"success":"true"}'],
    [201, '[true]'],
    [201, 'true'],
    [201, '{'],
  ])('is not done with %d %s: the error is the body', (status, text) => {
    expect(isDone(201)(answer(status, text))).toBe(text);
  });

  it('is not done when its answer was cut off', () => {
    expect(isDone(201)(answer(201, '{"success":true}', true))).toMatch(/more than 16 characters/);
  });
});

describe('a read', () => {
  const check = holds('k', '{"a":1,"b":[null]}', 'other');

  it('holds the value in any order of its members', () => {
    expect(check(answer(200, '{"success":true,"key":"k","value":{"b":[null],"a":1.0}}'))).toBeUndefined();
  });

  it.each(['{"a":1}', '{"a":"1","b":[null]}', 'null', '{"a":1,"b":[null],"c":0}', '{"a":1,"b":{"0":null}}'])(
    'does not hold it as %s',
    (value) => {
      expect(check(answer(200, `{"success":true,"key":"k","value":${value}}`))).toBe('other');
    },
  );

  it('finds nothing with a 404 alone', () => {
    expect(isGone('still there')(answer(404, ''))).toBeUndefined();
    expect(isGone('still there')(answer(200, 'anything'))).toBe('still there');
    expect(isGone('still there')(answer(410, 'gone'))).toBe('gone');
  });
});

describe('the text of an unexpected answer', () => {
  it('is its body as it is, up to 10,000 characters', () => {
    expect(unexpected(answer(500, 'x'.repeat(10_000)))).toBe('x'.repeat(10_000));
    expect(unexpected(answer(500, 'x'.repeat(10_001)))).toBe(`${'x'.repeat(10_000)}… (10001 characters)`);
  });

  it('never ends in half a character', () => {
    expect(unexpected(answer(500, `${'x'.repeat(9_999)}🦊🦊`)).isWellFormed()).toBe(true);
  });
});
