import { contentOfJsonString, integralNumber, MAX_TTL_MS, type JsonText } from '@kvasir/kv-core';

const MS_PER_MINUTE = 60_000;
const MAX_MINUTES = MAX_TTL_MS / MS_PER_MINUTE;

const DIGITS = /^[0-9]+$/;

/** What a request says of a record's time to live: the texts of its two members, of which one may be there. */
export interface GivenTtl {
  /** The field's real spelling. */
  readonly tll?: JsonText;
  readonly ttl?: JsonText;
}

/**
 * The time to live of a record: whole minutes from 1 to 52,560,000 (100 years), as a JSON number or a string of digits.
 *
 * @param tllDefault minutes for a time that is absent or null
 * @returns milliseconds; nothing when what is given does not fit, or is given twice
 */
export function ttlMsOf({ tll, ttl }: GivenTtl, tllDefault: number): number | undefined {
  if (tll !== undefined && ttl !== undefined) return undefined;
  const given = tll ?? ttl ?? 'null';
  const minutes = given === 'null' ? tllDefault : minutesOf(given);
  return minutes !== undefined && minutes >= 1 && minutes <= MAX_MINUTES ? minutes * MS_PER_MINUTE : undefined;
}

function minutesOf(value: JsonText): number | undefined {
  const content = contentOfJsonString(value);
  if (content === undefined) return integralNumber(value);
  // More digits than a number holds exactly are far beyond the most minutes.
  return DIGITS.test(content) ? Number(content) : undefined;
}
