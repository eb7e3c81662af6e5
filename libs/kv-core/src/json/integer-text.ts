const NUMBER = /^(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/;

// As many digits are always a safe integer, and are one without a closer look.
const PLAIN_INTEGER = /^(?:0|-?[1-9][0-9]{0,14})$/;

const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;
const MAX_INT64_DIGITS = 19;

/** A number with an integral value: digits times 10 to the power of zeros. */
interface Integral {
  readonly negative: boolean;
  /** Without zeros at either end: empty for zero. */
  readonly digits: string;
  /** How many zeros follow the digits: 0 or more, possibly Infinity. */
  readonly zeros: number;
}

/**
 * The value of a JSON number that is an integer, decided exactly from its text: `5.0`, `1e2` and `100e-2` are integers,
 * `5.0000000000000000001` is none.
 *
 * @param text any text; what is not a JSON number is no integer
 * @returns the integer (never -0), or Infinity or -Infinity when it is beyond ±(2^53 - 1); nothing when it is no integer
 */
export function integralNumber(text: string): number | undefined {
  if (PLAIN_INTEGER.test(text)) return Number(text);
  const integral = parseIntegral(text);
  if (integral === undefined) return undefined;
  if (integral.digits === '') return 0;
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  return integral.negative ? -Infinity : Infinity;
}

/**
 * The value of a JSON number that is an integer, in any of the forms that `integralNumber` takes, exact to 64 bits (signed).
 *
 * @param text any text; what is not a JSON number is no integer
 */
export function parseInt64(text: string): bigint | 'not-an-integer' | 'out-of-range' {
  const integral = parseIntegral(text);
  if (integral === undefined) return 'not-an-integer';
  const { negative, digits, zeros } = integral;
  // Before BigInt sees it: its time grows with the square of the digits.
  if (digits !== '' && digits.length + zeros > MAX_INT64_DIGITS) return 'out-of-range';
  const magnitude = digits === '' ? 0n : BigInt(digits + '0'.repeat(zeros));
  const value = negative ? -magnitude : magnitude;
  return value < MIN_INT64 || value > MAX_INT64 ? 'out-of-range' : value;
}

function parseIntegral(text: string): Integral | undefined {
  const parts = NUMBER.exec(text);
  if (parts === null) return undefined;
  const [, sign = '', whole = '', fraction = '', exponent = ''] = parts;
  const all = whole + fraction;
  let start = 0;
  while (start < all.length && all.charCodeAt(start) === 0x30) start++;
  let end = all.length;
  while (end > start && all.charCodeAt(end - 1) === 0x30) end--;
  const digits = all.slice(start, end);
  const negative = sign === '-';
  if (digits === '') return { negative, digits, zeros: 0 };
  // Rounded when the exponent is beyond 2^53; no text is long enough to make up for that.
  const zeros = Number(exponent) + (whole.length - end);
  return zeros < 0 ? undefined : { negative, digits, zeros };
}
