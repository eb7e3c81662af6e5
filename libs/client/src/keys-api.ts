import { expectStatus } from './expect-status.js';
import type { HttpAnswer } from './http-message.js';
import type { CallOptions, HttpTransport } from './http-transport.js';
import { jsonTextOf, memberOf, membersOf, parsedObject } from './json-values.js';
import { keysRequests } from './keys-requests.js';

/**
 * `/keys/{key}`: values without a TTL.
 *
 * Every method throws ConnectionFailedError, TimedOutError, UnexpectedStatusError and MalformedAnswerError, and
 * KeyRefusedError before anything is sent.
 */
export class KeysApi {
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
    const answer = await this.http.send(keysRequests.get(key), call);
    if (isMissing(answer)) return undefined;
    return memberOf(answer, membersOf(expectStatus(answer, 200)), 'value');
  }

  /**
   * Stores a value with a POST, over an older one too.
   *
   * @param value anything with a JSON text; `NaN` and infinities are `null` in JSON
   * @throws ValueRefusedError
   */
  async post(key: string, value: unknown, call?: CallOptions): Promise<void> {
    expectStatus(await this.http.send(keysRequests.post(key, jsonTextOf(value)), call), 201);
  }

  /**
   * Stores a value with a PUT, over an older one too.
   *
   * @param value anything with a JSON text; `NaN` and infinities are `null` in JSON
   * @throws ValueRefusedError
   */
  async put(key: string, value: unknown, call?: CallOptions): Promise<void> {
    await this.putText(key, jsonTextOf(value), call);
  }

  /**
   * Stores the value that a JSON text is, as it is.
   *
   * @throws ValueRefusedError when it is not one JSON document
   */
  async putText(key: string, text: string, call?: CallOptions): Promise<void> {
    expectStatus(await this.http.send(keysRequests.put(key, text), call), 200);
  }

  /** Deletes a key; false when it was not there. */
  async delete(key: string, call?: CallOptions): Promise<boolean> {
    const answer = await this.http.send(keysRequests.delete(key), call);
    if (isMissing(answer)) return false;
    expectStatus(answer, 200);
    return true;
  }
}

/** Whether the answer says that the key is not there; any other 404 comes from something else at this address. */
function isMissing(answer: HttpAnswer): boolean {
  if (answer.status !== 404) return false;
  const { detail } = parsedObject(answer);
  return typeof detail === 'object' && detail !== null && (detail as { success?: unknown }).success === false;
}
