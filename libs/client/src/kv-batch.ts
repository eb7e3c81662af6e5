import { MalformedAnswerError } from './errors.js';
import type { HttpAnswer } from './http-message.js';
import { checkedJsonText, jsonTextOf, memberOf, membersOf, membersOfEach } from './json-values.js';

/** How long a value lives. */
export interface PutOptions {
  /** Whole seconds from now; absent: for ever; 0 or less: gone at once. At most 3,153,600,000 (100 years). */
  readonly ttlSeconds?: number;
}

/** One operation of a batch. Keys may be anything the store holds, `.` and `..` too: they travel in the body. */
export type BatchOperation =
  | ({ readonly op: 'set'; readonly key: string; readonly value: unknown } & PutOptions)
  | ({ readonly op: 'set'; readonly key: string; readonly valueText: string } & PutOptions)
  | { readonly op: 'get'; readonly key: string }
  | { readonly op: 'delete'; readonly key: string };

/** What became of one operation of a batch. */
export type BatchResult =
  /** A `set` or `delete` that was done. */
  | { readonly kind: 'done' }
  /** What a `get` found, and its JSON text with every digit. */
  | { readonly kind: 'value'; readonly value: unknown; readonly valueText: string }
  /** An operation that failed, such as `key not found`; the others were done all the same. */
  | { readonly kind: 'failed'; readonly error: string };

/** The body of a `PUT /kv/:key`. */
export function putBody(valueText: string, { ttlSeconds }: PutOptions): string {
  return ttlSeconds === undefined ? `{"value":${valueText}}` : `{"value":${valueText},"ttl":${ttlSeconds}}`;
}

/** The body of a `POST /kv/batch`. */
export function batchBody(operations: readonly BatchOperation[]): string {
  return `{"operations":[${operations.map(operationText).join(',')}]}`;
}

function operationText(operation: BatchOperation): string {
  const start = `{"op":"${operation.op}","key":${JSON.stringify(operation.key)}`;
  if (operation.op !== 'set') return `${start}}`;
  const text = 'valueText' in operation ? checkedJsonText(operation.valueText) : jsonTextOf(operation.value);
  return `${start},${putBody(text, operation).slice(1)}`;
}

/**
 * What an answer says became of a batch.
 *
 * @param count how many operations there were
 * @throws MalformedAnswerError
 */
export function batchResults(answer: HttpAnswer, count: number): BatchResult[] {
  const results = membersOfEach(answer, memberOf(answer, membersOf(answer), 'results'));
  if (results.length !== count) {
    throw new MalformedAnswerError(answer, `there are ${results.length} results for ${count} operations`);
  }
  return results.map((members): BatchResult => {
    const error = members.get('error');
    if (error !== undefined) return { kind: 'failed', error: String(JSON.parse(error)) };
    const valueText = members.get('value');
    if (valueText !== undefined) return { kind: 'value', value: JSON.parse(valueText), valueText };
    return { kind: 'done' };
  });
}
