import { KeyRefusedError, MalformedAnswerError } from './errors.js';
import { expectStatus } from './expect-status.js';
import type { HttpAnswer } from './http-message.js';
import type { CallOptions, HttpTransport } from './http-transport.js';
import { checkedJsonText, jsonTextOf, memberOf, membersOf, parsedObject } from './json-values.js';
import {
  batchBody,
  batchResults,
  putBody,
  type BatchOperation,
  type BatchResult,
  type PutOptions,
} from './kv-batch.js';
import { keySegment } from './key-segment.js';

/** Figures of the store. */
export interface StoreFigures {
  /** Keys that a reader can see. */
  readonly keys: number;
  /** UTF-8 bytes of all values' JSON texts. */
  readonly sizeBytes: number;
}

/**
 * `/kv` and `/stats`: values with a TTL, listings, batches.
 *
 * Every method throws ConnectionFailedError, TimedOutError, UnexpectedStatusError and MalformedAnswerError, and
 * KeyRefusedError before anything is sent.
 */
export class KvApi {
  constructor(private readonly http: HttpTransport) {}

  /**
   * Reads a value.
   *
   * @typeParam T what the caller knows the value to be; it is not checked
   * @returns undefined when the key is not there. Numbers are JavaScript's: integers past 2^53 and digits past a double are rounded; {@link getText} keeps them.
   */
  async get<T = unknown>(key: string, call?: CallOptions): Promise<T | undefined> {
    const text = await this.getText(key, call);
    return text === undefined ? undefined : (JSON.parse(text) as T);
  }

  /** The value's JSON text as the store holds it, every digit kept; undefined when the key is not there. */
  async getText(key: string, call?: CallOptions): Promise<string | undefined> {
    const answer = await this.http.send({ method: 'GET', path: pathOf(key) }, call);
    if (isMissing(answer)) return undefined;
    return memberOf(answer, membersOf(expectStatus(answer, 200)), 'value');
  }

  /**
   * Stores a value, over an older one and its TTL too.
   *
   * @param value anything with a JSON text; `NaN` and infinities are `null` in JSON
   * @throws ValueRefusedError
   */
  async put(key: string, value: unknown, options: PutOptions & CallOptions = {}): Promise<void> {
    await this.putChecked(key, jsonTextOf(value), options);
  }

  /**
   * Stores the value that a JSON text is, as it is.
   *
   * @throws ValueRefusedError when it is not one JSON document
   */
  async putText(key: string, text: string, options: PutOptions & CallOptions = {}): Promise<void> {
    await this.putChecked(key, checkedJsonText(text), options);
  }

  /** Deletes a key; false when it was not there. */
  async delete(key: string, call?: CallOptions): Promise<boolean> {
    const answer = await this.http.send({ method: 'DELETE', path: pathOf(key) }, call);
    if (isMissing(answer)) return false;
    expectStatus(answer, 200);
    return true;
  }

  /** All keys that begin with a prefix, in byte order of their UTF-8. Their whole list has to fit `maxAnswerBytes`. */
  async list(prefix = '', call?: CallOptions): Promise<string[]> {
    if (!prefix.isWellFormed()) {
      throw new KeyRefusedError('the prefix holds a lone surrogate, which UTF-8 cannot carry');
    }
    const path = prefix === '' ? '/kv' : `/kv?prefix=${encodeURIComponent(prefix)}`;
    const answer = expectStatus(await this.http.send({ method: 'GET', path }, call), 200);
    const keys: unknown = JSON.parse(memberOf(answer, membersOf(answer), 'keys'));
    if (!Array.isArray(keys) || !keys.every((key) => typeof key === 'string')) {
      throw new MalformedAnswerError(answer, 'its "keys" are no list of texts');
    }
    return keys;
  }

  /**
   * Runs operations in their order, with no other write between them; each for itself: one that fails stops no other.
   *
   * @returns one result for each operation, at its index
   * @throws ValueRefusedError
   */
  async batch(operations: readonly BatchOperation[], call?: CallOptions): Promise<BatchResult[]> {
    const request = { method: 'POST', path: '/kv/batch', body: batchBody(operations) } as const;
    return batchResults(expectStatus(await this.http.send(request, call), 200), operations.length);
  }

  /** Figures of the whole store. */
  async stats(call?: CallOptions): Promise<StoreFigures> {
    const answer = expectStatus(await this.http.send({ method: 'GET', path: '/stats' }, call), 200);
    const members = membersOf(answer);
    return {
      keys: Number(memberOf(answer, members, 'keys')),
      sizeBytes: Number(memberOf(answer, members, 'size_bytes')),
    };
  }

  private async putChecked(key: string, text: string, options: PutOptions & CallOptions): Promise<void> {
    const answer = await this.http.send({ method: 'PUT', path: pathOf(key), body: putBody(text, options) }, options);
    expectStatus(answer, 200);
  }
}

function pathOf(key: string): string {
  return `/kv/${keySegment(key)}`;
}

/** Whether the answer says that the key is not there; any other 404 comes from something else at this address. */
function isMissing(answer: HttpAnswer): boolean {
  return answer.status === 404 && parsedObject(answer)['error'] === 'key not found';
}
