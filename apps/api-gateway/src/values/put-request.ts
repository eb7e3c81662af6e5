import { WireRefusal } from '@kvasir/http';
import { DEFAULT_REQUEST_LIMITS, JsonReader, JsonReadError, validateKey } from '@kvasir/kv-core';
import { KEY_IS_REQUIRED } from '../gateway.api.js';

/** A value to write. */
export interface PutRequest {
  readonly key: string;
  readonly value: string;
}

/**
 * Decodes `{"key": "hello", "value": "world"}` (docs/contracts/values.md). Other members are checked as JSON and left alone; a missing value is the empty string.
 *
 * @throws WireRefusal 400 with the contract's texts: `Key is required`, `Invalid request body`
 * @throws KeyInvalidError for a key that no store takes
 */
export function decodePut(body: Buffer): PutRequest {
  const { key, value } = readMembers(body);
  if (key === '') throw new WireRefusal(400, KEY_IS_REQUIRED);
  // A lone surrogate's escape is JSON, but no text that gRPC can carry.
  if (!key.isWellFormed() || !value.isWellFormed()) throw invalidBody();
  validateKey(key);
  return { key, value };
}

function readMembers(body: Buffer): PutRequest {
  let key = '';
  let value = '';
  try {
    const reader = new JsonReader(body, { maxDepth: DEFAULT_REQUEST_LIMITS.maxJsonDepth });
    reader.enterObject();
    for (let name = reader.nextMember(); name !== undefined; name = reader.nextMember()) {
      if (name === 'key') key = reader.readString();
      else if (name === 'value') value = reader.readString();
      else reader.skipValue();
    }
    reader.end();
  } catch (error) {
    throw error instanceof JsonReadError ? invalidBody(error) : error;
  }
  return { key, value };
}

function invalidBody(cause?: JsonReadError): WireRefusal {
  return new WireRefusal(400, 'Invalid request body', { cause });
}
