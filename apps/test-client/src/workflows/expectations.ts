import { isDeepStrictEqual } from 'node:util';
import type { HttpAnswer } from '@kvasir/client';
import type { Expectation } from './workflow.js';

/** The longest error of a run, in UTF-16 units: an error page, not a flood. */
const MAX_ERROR_LENGTH = 10_000;

/** An answer that is not what was expected, as the text of its body. */
export function unexpected({ status, text, truncated }: HttpAnswer): string {
  if (text === '') return `the service answered ${status} with an empty body`;
  if (text.length <= MAX_ERROR_LENGTH && !truncated) return text;
  return `${text.slice(0, MAX_ERROR_LENGTH).toWellFormed()}… (${truncated ? 'more than ' : ''}${text.length} characters)`;
}

/** A write or a deletion that was done: the status, and a body that says so. */
export function isDone(status: number): Expectation {
  return (answer) => {
    const { success } = objectIn(answer);
    return answer.status === status && success === true ? undefined : unexpected(answer);
  };
}

/**
 * A read that gives back what was stored, compared as JSON: the order of members does not count.
 *
 * @param mismatch the error when there is a value, but another one
 */
export function holds(key: string, valueText: string, mismatch: string): Expectation {
  const expected: unknown = JSON.parse(valueText);
  return (answer) => {
    const body = objectIn(answer);
    if (answer.status !== 200 || !Object.hasOwn(body, 'value')) return unexpected(answer);
    if (!isDeepStrictEqual(body['value'], expected)) return mismatch;
    return body['success'] === true && body['key'] === key ? undefined : unexpected(answer);
  };
}

/**
 * A read that finds nothing.
 *
 * @param stillThere the error when it finds something
 */
export function isGone(stillThere: string): Expectation {
  return (answer) => {
    if (answer.status === 404) return undefined;
    return answer.status === 200 ? stillThere : unexpected(answer);
  };
}

/** The JSON object that an answer's body is; an empty one for any other body. */
function objectIn({ text, truncated }: HttpAnswer): Readonly<Record<string, unknown>> {
  if (truncated) return {};
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
