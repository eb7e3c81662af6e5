import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { integralNumber, parseInt64 } from './integer-text.js';

const NO_INTEGERS = [
  '5.5',
  '5.0000000000000000001',
  '0.0000000000000000000000000001',
  '1e-1',
  '105e-2',
  '1e-400',
  '1e-99999999999999999999999999',
  `0.${'0'.repeat(400)}1`,
];

const NO_NUMBERS = [
  '',
  ' 5',
  '5 ',
  '+5',
  '05',
  '-',
  '.5',
  '5.',
  '1e',
  '1e+',
  '0x10',
  '5n',
  '1_000',
  'NaN',
  'Infinity',
  'null',
  '"5"',
  '[5]',
  '５',
];

describe('the integer that a JSON number is', () => {
  it.each([
    ['0', 0],
    ['5', 5],
    ['-5', -5],
    ['5.0', 5],
    ['5.000', 5],
    ['1e2', 100],
    ['1E+2', 100],
    ['100e-2', 1],
    ['-100.00e-2', -1],
    ['1.5e1', 15],
    ['0.05e2', 5],
    ['120e-1', 12],
    ['3153600000', 3_153_600_000],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['-9007199254740991.0', Number.MIN_SAFE_INTEGER],
    ['999999999999999', 999_999_999_999_999],
    ['-999999999999999', -999_999_999_999_999],
    [`${'1'.padEnd(401, '0')}e-400`, 1],
  ])('%s', (text, value) => {
    expect(integralNumber(text)).toBe(value);
  });

  it.each(['-0', '0.0', '-0.00', '0e5', '0e999999999', '-0e-999999999', '0.000e+99999999999999999999'])(
    'is 0, not -0, for %s',
    (text) => {
      expect(integralNumber(text)).toBe(0);
    },
  );

  it.each([
    ['9007199254740992', Infinity],
    ['9007199254740993', Infinity],
    ['-9007199254740992', -Infinity],
    ['1e400', Infinity],
    ['-1e400', -Infinity],
    ['1e99999999999999999999999999', Infinity],
    ['1.5e308', Infinity],
  ])('is infinite for %s, beyond what a double holds exactly', (text, value) => {
    expect(integralNumber(text)).toBe(value);
  });

  it.each(NO_INTEGERS)('is none for %s', (text) => {
    expect(integralNumber(text)).toBeUndefined();
  });

  it.each(NO_NUMBERS)('is none for %j, which is no JSON number', (text) => {
    expect(integralNumber(text)).toBeUndefined();
  });
});

describe('the 64-bit integer that a JSON number is', () => {
  it.each([
    ['0', 0n],
    ['-0', 0n],
    ['-0.0e5', 0n],
    ['0e999999999', 0n],
    ['3', 3n],
    ['-3', -3n],
    ['3.0', 3n],
    ['1e2', 100n],
    ['100e-2', 1n],
    ['9007199254740993', 9007199254740993n],
    ['9223372036854775807', 9223372036854775807n],
    ['9223372036854775807.000', 9223372036854775807n],
    ['922337203685477580700e-2', 9223372036854775807n],
    ['-9223372036854775808', -9223372036854775808n],
    ['-9.223372036854775808e18', -9223372036854775808n],
  ])('%s', (text, value) => {
    expect(parseInt64(text)).toBe(value);
  });

  it.each([
    '9223372036854775808',
    '-9223372036854775809',
    '9999999999999999999',
    '10000000000000000000',
    '1e19',
    '-1e400',
    '1e99999999999999999999999999',
  ])('is out of range for %s', (text) => {
    expect(parseInt64(text)).toBe('out-of-range');
  });

  it.each([...NO_INTEGERS, ...NO_NUMBERS])('is none for %j', (text) => {
    expect(parseInt64(text)).toBe('not-an-integer');
  });
});

describe('a number of many digits', () => {
  const MANY = 1_048_576;

  it.each([
    ['digits', '7'.repeat(MANY), Infinity, 'out-of-range'],
    ['digits of a fraction', `1.${'7'.repeat(MANY)}`, undefined, 'not-an-integer'],
    ['zeros of a fraction', `1.${'0'.repeat(MANY)}`, 1, 1n],
    ['zeros that an exponent takes away', `1${'0'.repeat(MANY)}e-${MANY}`, 1, 1n],
    ['digits of an exponent', `1e${'7'.repeat(MANY)}`, Infinity, 'out-of-range'],
    ['digits of a negative exponent', `1e-${'7'.repeat(MANY)}`, undefined, 'not-an-integer'],
    ['zeros of an exponent', `1e${'0'.repeat(MANY)}2`, 100, 100n],
    ['digits and then no digit', `${'7'.repeat(MANY)}x`, undefined, 'not-an-integer'],
  ])('is decided in a time that grows with its length, not the square of it: %s', (_, text, number, int64) => {
    // About 20 ms; a BigInt of a mebibyte of digits would run into the test's timeout.
    expect(integralNumber(text)).toBe(number);
    expect(parseInt64(text)).toBe(int64);
  });
});

describe('any number', () => {
  it('that is written with a point and an exponent is the integer it was made of', () => {
    const parts = fc.tuple(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.nat(30), fc.nat(30));
    fc.assert(
      fc.property(parts, ([integer, places, zeros]) => {
        const digits = (integer < 0n ? -integer : integer).toString().padStart(places + 1, '0') + '0'.repeat(zeros);
        const point = digits.length - places - zeros;
        const whole = digits.slice(0, point).replace(/^0+(?=[0-9])/, '');
        const fraction = digits.slice(point);
        const text = `${integer < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}e${places}`;
        expect(parseInt64(text)).toBe(integer);
        const number = Number(integer);
        const infinite = integer < 0n ? -Infinity : Infinity;
        expect(integralNumber(text)).toBe(Number.isSafeInteger(number) ? number : infinite);
      }),
    );
  });

  it('with a digit other than zero behind the point is none', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.nat(40), fc.integer({ min: 1, max: 9 }), (whole, zeros, digit) => {
        const text = `${whole}.${'0'.repeat(zeros)}${digit}`;
        expect(integralNumber(text)).toBeUndefined();
        expect(parseInt64(text)).toBe('not-an-integer');
      }),
    );
  });
});
