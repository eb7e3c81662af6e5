import { shorten, WireRefusal } from '@kvasir/http';
import {
  integralNumber,
  JsonReader,
  JsonReadError,
  KvError,
  MAX_TTL_MS,
  readEnvelope,
  validateKey,
  type JsonText,
  type Operation,
  type RequestLimits,
} from '@kvasir/kv-core';

const MS_PER_SECOND = 1000;
const MAX_TTL_SECONDS = MAX_TTL_MS / MS_PER_SECOND;

/** The body of a `PUT /kv/:key`. */
export interface PutBody {
  readonly value: JsonText;
  /** Absent: the key never expires. */
  readonly ttlMs?: number;
}

/**
 * Decodes `{"value": <json>, "ttl": <seconds>?}`; further members are ignored.
 *
 * @throws JsonReadError for what is no such object
 * @throws WireRefusal 400 for a missing value or a TTL that is none
 */
export function decodePut(body: Buffer, limits: RequestLimits): PutBody {
  const { value, ttl } = readEnvelope(body, { maxDepth: limits.maxJsonDepth }, ['value', 'ttl']);
  if (value === undefined) throw new WireRefusal(400, "the body has no 'value'; it is any JSON value, null included");
  return withTtl({ value }, ttl);
}

/**
 * Decodes `{"operations": [ … ]}` (docs/contracts/kv.md "Batch operations").
 *
 * @throws JsonReadError for what is no such object
 * @throws WireRefusal 400, naming the index of the operation that does not fit
 */
export function decodeBatch(body: Buffer, limits: RequestLimits): Operation[] {
  const reader = new JsonReader(body, { maxDepth: limits.maxJsonDepth });
  let operations: Operation[] | undefined;
  reader.enterObject();
  for (let name = reader.nextMember(); name !== undefined; name = reader.nextMember()) {
    if (name === 'operations') operations = readOperations(reader, limits.maxBatchOperations);
    else reader.skipValue();
  }
  reader.end();
  if (operations === undefined) throw new WireRefusal(400, "the body has no 'operations'; it is an array");
  return operations;
}

function readOperations(reader: JsonReader, maxOperations: number): Operation[] {
  const operations: Operation[] = [];
  reader.enterArray();
  while (reader.nextElement()) {
    const index = operations.length;
    if (index === maxOperations) {
      throw new WireRefusal(
        400,
        `the batch has more than ${maxOperations} operations, which is the most that are taken`,
      );
    }
    try {
      operations.push(readOperation(reader));
    } catch (error) {
      throw isMisfit(error) ? new WireRefusal(400, `operations[${index}]: ${error.message}`) : error;
    }
  }
  return operations;
}

function readOperation(reader: JsonReader): Operation {
  let op: string | undefined;
  let key: string | undefined;
  let value: JsonText | undefined;
  let ttl: JsonText | undefined;
  reader.enterObject();
  for (let name = reader.nextMember(); name !== undefined; name = reader.nextMember()) {
    if (name === 'op') op = reader.readString();
    else if (name === 'key') key = reader.readString();
    else if (name === 'value') value = reader.readValue();
    else if (name === 'ttl') ttl = reader.readValue();
    else reader.skipValue();
  }
  if (op !== 'set' && op !== 'get' && op !== 'delete') {
    const problem = op === undefined ? "there is no 'op'" : `'op' is ${quote(op)}`;
    throw new WireRefusal(400, `${problem}; it is "set", "get" or "delete"`);
  }
  if (key === undefined) throw new WireRefusal(400, "there is no 'key'");
  validateKey(key);
  if (op !== 'set') return { type: op, key };
  if (value === undefined) throw new WireRefusal(400, "there is no 'value', which a set needs");
  return withTtl({ type: op, key, value }, ttl);
}

function withTtl<T extends object>(target: T, ttl: JsonText | undefined): T & { readonly ttlMs?: number } {
  if (ttl === undefined || ttl === 'null') return target;
  const seconds = integralNumber(ttl);
  if (seconds === undefined || seconds > MAX_TTL_SECONDS) {
    throw new WireRefusal(
      400,
      `'ttl' is ${shorten(ttl)}; it is a whole number of seconds up to ${MAX_TTL_SECONDS}, or null for a key that never expires`,
    );
  }
  // However long ago: gone is gone.
  return { ...target, ttlMs: Math.max(seconds, 0) * MS_PER_SECOND };
}

function isMisfit(error: unknown): error is Error {
  return (
    error instanceof WireRefusal ||
    (error instanceof JsonReadError && error.reason !== 'syntax') ||
    (error instanceof KvError && error.kind === 'request')
  );
}

function quote(text: string): string {
  return shorten(JSON.stringify(text));
}
