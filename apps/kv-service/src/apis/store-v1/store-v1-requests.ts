import { shorten, WireRefusal } from '@kvasir/http';
import { parseInt64, readEnvelope, type JsonText, type RequestLimits } from '@kvasir/kv-core';

// What docs/contracts/store.md calls an integer: other numbers with an integral value (`1.0`, `1e3`) are none.
const INTEGER = /^-?[0-9]+$/;

/**
 * Decodes `{"value": "…"}`; further members are ignored.
 *
 * @returns the JSON string as it was sent, escapes included
 * @throws JsonReadError for what is no JSON object
 * @throws WireRefusal 422 for a value that is missing or no string
 */
export function decodeValue(body: Buffer, limits: RequestLimits): JsonText {
  const { value } = readEnvelope(body, { maxDepth: limits.maxJsonDepth }, ['value']);
  if (value === undefined) throw new WireRefusal(422, "the body has no 'value'; it is a string");
  if (!value.startsWith('"')) throw new WireRefusal(422, `'value' is ${shorten(value)}; it is a string`);
  return value;
}

/**
 * Decodes `{"increment": <integer>}`; further members are ignored.
 *
 * @throws JsonReadError for what is no JSON object
 * @throws WireRefusal 422 for an increment that is missing, no integer, or beyond 64 bits
 */
export function decodeIncrement(body: Buffer, limits: RequestLimits): bigint {
  const { increment } = readEnvelope(body, { maxDepth: limits.maxJsonDepth }, ['increment']);
  const allowed = 'it is an integer of 64 bits, written as an optional minus and digits';
  if (increment === undefined) throw new WireRefusal(422, `the body has no 'increment'; ${allowed}`);
  const by = INTEGER.test(increment) ? parseInt64(increment) : 'not-an-integer';
  if (typeof by === 'string') throw new WireRefusal(422, `'increment' is ${shorten(increment)}; ${allowed}`);
  return by;
}
