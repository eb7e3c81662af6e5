import { listBody, WireAnswer } from '@kvasir/http';
import type { Operation, OperationResult, TransactionResult } from '@kvasir/kv-core';

/** What is said of a record that is not there, in a bulk. */
export const missingText = (key: string): string => `Record with the key '${key}' does not exists`;

/** What is said of a record that is there already. */
export const existsText = (key: string): string =>
  `Record with the key '${key}' already exists and can not be modified`;

const DONE = '{"status":"Success","message":"All operations completed. Changes saved.","details":[';
const REFUSED = '{"status":"Error","message":"Not all operations were correct. No changes were made.","details":[';

/** What a bulk is answered: all results, or, when one operation failed, all that failed. */
export function bulkAnswer(operations: readonly Operation[], { committed, results }: TransactionResult): WireAnswer {
  const details: string[] = [];
  for (const [index, { key }] of operations.entries()) {
    const result = results[index];
    if (result !== undefined && (committed || result.status === 'failed')) details.push(detailOf(key, result));
  }
  return new WireAnswer(committed ? 200 : 400, listBody(committed ? DONE : REFUSED, details, ']}'));
}

function detailOf(key: string, result: OperationResult): string {
  if (result.status === 'got') return `{"key":${JSON.stringify(key)},"value":${result.entry.value}}`;
  return JSON.stringify({ key, result: resultText(key, result) });
}

function resultText(key: string, result: OperationResult): string {
  if (result.status === 'failed') return result.reason === 'KEY_EXISTS' ? existsText(key) : missingText(key);
  return result.status === 'deleted' ? 'deleted successfully' : 'added successfully';
}
