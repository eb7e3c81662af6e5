import { textOfJsonText, trustJsonText, type JsonText } from './json/json-text.js';

/** The smallest and the largest sum that an increment may leave: signed 64-bit integers. */
export const MIN_INTEGER = -(2n ** 63n);
export const MAX_INTEGER = 2n ** 63n - 1n;

// No sum of a longer number and a 64-bit one fits 64 bits, and parsing a megabyte of digits would cost the square of their count.
const MAX_SIGNIFICANT_DIGITS = 20;

const INTEGER = /^-?[0-9]+$/;
// Its own expression: as one with the digits behind it, a long run of zeros would be tried at every split of the two.
const SIGN_AND_LEADING_ZEROS = /^-?0*/;

/** An integer value added up, or why it could not be. */
export type IntegerSum =
  | { readonly status: 'sum'; readonly sum: bigint; readonly value: JsonText }
  | { readonly status: 'NOT_AN_INTEGER' }
  | { readonly status: 'OUT_OF_RANGE' };

/**
 * Adds `by` to a value that is an integer: an optional minus and digits, as a JSON number or as the content of a JSON string (leading zeros only there). The sum keeps the
 * value's form: a string stays a string (docs/contracts/store.md).
 */
export function addToInteger(value: JsonText, by: bigint): IntegerSum {
  const isString = value.startsWith('"');
  const text = isString ? textOfJsonText(value) : value;
  if (!INTEGER.test(text)) return { status: 'NOT_AN_INTEGER' };
  const digits = text.replace(SIGN_AND_LEADING_ZEROS, '');
  if (digits.length > MAX_SIGNIFICANT_DIGITS) return { status: 'OUT_OF_RANGE' };
  const magnitude = BigInt(digits);
  const sum = (text.startsWith('-') ? -magnitude : magnitude) + by;
  if (sum < MIN_INTEGER || sum > MAX_INTEGER) return { status: 'OUT_OF_RANGE' };
  return { status: 'sum', sum, value: trustJsonText(isString ? `"${sum}"` : `${sum}`) };
}
