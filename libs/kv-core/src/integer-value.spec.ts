import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addToInteger, MAX_INTEGER, MIN_INTEGER } from './integer-value.js';
import { trustJsonText } from './json/json-text.js';

const add = (value: string, by: bigint): unknown => addToInteger(trustJsonText(value), by);
const sum = (value: string, total: bigint): unknown => ({ status: 'sum', sum: total, value });

describe('addToInteger', () => {
  it('keeps the form of the value, a number or a string', () => {
    expect(add('5', 3n)).toEqual(sum('8', 8n));
    expect(add('"5"', 3n)).toEqual(sum('"8"', 8n));
    expect(add('"-5"', 3n)).toEqual(sum('"-2"', -2n));
  });

  it('drops leading zeros and the sign of zero', () => {
    expect(add('"007"', 0n)).toEqual(sum('"7"', 7n));
    expect(add('"-007"', 0n)).toEqual(sum('"-7"', -7n));
    expect(add('"-000"', 0n)).toEqual(sum('"0"', 0n));
    expect(add('-0', 0n)).toEqual(sum('0', 0n));
  });

  it('reads escaped digits as digits', () => {
    expect(add('"\\u0034\\u0031"', 1n)).toEqual(sum('"42"', 42n));
  });

  it('is exact at both ends of 64 bits, and refuses the first sum past them', () => {
    expect(add(`${MAX_INTEGER - 1n}`, 1n)).toEqual(sum('9223372036854775807', MAX_INTEGER));
    expect(add(`${MAX_INTEGER}`, 1n)).toEqual({ status: 'OUT_OF_RANGE' });
    expect(add(`${MIN_INTEGER + 1n}`, -1n)).toEqual(sum('-9223372036854775808', MIN_INTEGER));
    expect(add(`${MIN_INTEGER}`, -1n)).toEqual({ status: 'OUT_OF_RANGE' });
  });

  it('judges the sum, not the value', () => {
    expect(add('9223372036854775808', -1n)).toEqual(sum('9223372036854775807', MAX_INTEGER));
    expect(add('18446744073709551615', MIN_INTEGER)).toEqual(sum('9223372036854775807', MAX_INTEGER));
    expect(add('18446744073709551616', MIN_INTEGER)).toEqual({ status: 'OUT_OF_RANGE' });
  });

  it.each([
    '1.0',
    '1e3',
    '1E+2',
    '"1.0"',
    '"1e3"',
    '"+1"',
    '" 1"',
    '"1 "',
    '"1\\n"',
    '""',
    '"-"',
    '"--1"',
    '"0x10"',
    '"\u0661"',
    '"\\ud800"',
    'true',
    'null',
    '[1]',
    '{}',
  ])('takes %s for no integer', (value) => {
    expect(add(value, 1n)).toEqual({ status: 'NOT_AN_INTEGER' });
  });

  it('answers for a megabyte of digits or zeros at once', () => {
    // Measured in steps of the expression, not in time: the square of a million would not end within the test's limit.
    expect(add('9'.repeat(1_000_000), 1n)).toEqual({ status: 'OUT_OF_RANGE' });
    expect(add(`"-${'0'.repeat(1_000_000)}1"`, 1n)).toEqual(sum('"0"', 0n));
    expect(add(`"${'0'.repeat(1_000_000)}x"`, 1n)).toEqual({ status: 'NOT_AN_INTEGER' });
  });

  it('adds as BigInt does, whatever the two numbers and the zeros before them', () => {
    const value = fc.bigInt({ min: MIN_INTEGER * 4n, max: MAX_INTEGER * 4n });
    const by = fc.bigInt({ min: MIN_INTEGER, max: MAX_INTEGER });
    fc.assert(
      fc.property(value, by, fc.nat({ max: 30 }), (number, added, zeros) => {
        const total = number + added;
        const fits = total >= MIN_INTEGER && total <= MAX_INTEGER;
        const digits = number < 0n ? `-${'0'.repeat(zeros)}${-number}` : `${'0'.repeat(zeros)}${number}`;
        expect(add(`${number}`, added)).toEqual(fits ? sum(`${total}`, total) : { status: 'OUT_OF_RANGE' });
        expect(add(`"${digits}"`, added)).toEqual(fits ? sum(`"${total}"`, total) : { status: 'OUT_OF_RANGE' });
      }),
      { numRuns: 1000 },
    );
  });
});
