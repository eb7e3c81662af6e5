import { WireRefusal } from '@kvasir/http';
import {
  contentOfJsonString,
  JsonReader,
  KvError,
  readEnvelope,
  readMembers,
  validateKey,
  type JsonText,
  type Operation,
  type RequestLimits,
} from '@kvasir/kv-core';
import { ttlMsOf } from './minutes.js';
import { unchanged } from './records.api.js';
import type { RecordsOptions } from './records-options.js';
import { reservedRefusal } from './reserved-names.js';

/** The body of a `PUT /:key`. */
export interface RecordBody {
  readonly value: JsonText;
  readonly ttlMs: number;
}

const RECORD_MEMBERS = ['value', 'tll', 'ttl'] as const;
const OPERATION_MEMBERS = ['method', 'key', ...RECORD_MEMBERS] as const;

/** The texts of a bulk operation's members. */
type OperationMembers = ReturnType<typeof readMembers<(typeof OPERATION_MEMBERS)[number]>>;

/**
 * Decodes `{"value": <json>, "tll": <minutes>?}`, `ttl` for `tll` too; further members are ignored.
 *
 * @throws JsonReadError for what is no JSON object
 * @throws WireRefusal 400 for a missing value or a time that is none
 */
export function decodeRecord(body: Buffer, limits: RequestLimits, options: RecordsOptions): RecordBody {
  const { value, ...given } = readEnvelope(body, { maxDepth: limits.maxJsonDepth }, RECORD_MEMBERS);
  if (value === undefined) throw misfit("JSON Body misses the 'value' attribute");
  const ttlMs = ttlMsOf(given, options.tllDefault);
  if (ttlMs === undefined) throw misfit('TLL is invalid');
  return { value, ttlMs };
}

/**
 * Decodes `[{"method", "key", "value"?, "tll"?}, …]`.
 *
 * The whole body is read before anything in it is refused: what is no JSON at its end is no JSON. Otherwise the first operation that does not fit is what is said.
 *
 * @throws JsonReadError for what is no JSON
 * @throws WireRefusal 400 for another kind of value, too many operations, and operations that do not fit
 */
export function decodeBulk(body: Buffer, limits: RequestLimits, options: RecordsOptions): Operation[] {
  const reader = new JsonReader(body, { maxDepth: limits.maxJsonDepth });
  if (reader.peek() !== 'array') {
    reader.skipValue();
    reader.end();
    throw misfit('JSON Body must be a List');
  }
  const operations: Operation[] = [];
  let count = 0;
  let refusal: WireRefusal | undefined;
  reader.enterArray();
  while (reader.nextElement()) {
    count++;
    if (count > limits.maxBatchOperations) {
      throw misfit(`JSON Body has more than ${limits.maxBatchOperations} operations, which is the most that are taken`);
    }
    const outcome = readOperation(reader, options);
    if (outcome instanceof WireRefusal) refusal ??= outcome;
    else operations.push(outcome);
  }
  reader.end();
  if (refusal !== undefined) throw refusal;
  return operations;
}

function readOperation(reader: JsonReader, options: RecordsOptions): Operation | WireRefusal {
  if (reader.peek() !== 'object') {
    reader.skipValue();
    return misfit('JSON Body is wrong format');
  }
  return operationOf(readMembers(reader, OPERATION_MEMBERS), options);
}

function operationOf(members: OperationMembers, options: RecordsOptions): Operation | WireRefusal {
  if (members.method === undefined) return misfit("JSON Body lacks a 'method'");
  const method = contentOfJsonString(members.method)?.toUpperCase();
  if (method !== 'GET' && method !== 'PUT' && method !== 'DELETE') return misfit("JSON Body 'method' is incorrect");

  const key = members.key === undefined ? undefined : contentOfJsonString(members.key);
  if (key === undefined || !isKey(key)) return misfit("JSON Body 'key' is incorrect");
  const reserved = reservedRefusal(key, key);
  if (reserved !== undefined) return reserved;
  if (method === 'GET') return { type: 'get', key };
  if (method === 'DELETE') return { type: 'delete', key };

  const { value } = members;
  if (value === undefined) return misfit("JSON Body 'value' is invalid (method PUT)");
  const ttlMs = ttlMsOf(members, options.tllDefault);
  if (ttlMs === undefined) return misfit("JSON Body 'tll' is invalid (method PUT)");
  return writeOnce(key, { value, ttlMs });
}

/** The operation that adds a record, and fails when there is one. */
export function writeOnce(key: string, { value, ttlMs }: RecordBody): Operation {
  return { type: 'set', key, value, ttlMs, onlyIf: 'absent' };
}

function isKey(key: string): boolean {
  try {
    validateKey(key);
    return true;
  } catch (error) {
    if (error instanceof KvError) return false;
    throw error;
  }
}

function misfit(problem: string): WireRefusal {
  return new WireRefusal(400, unchanged(problem));
}
