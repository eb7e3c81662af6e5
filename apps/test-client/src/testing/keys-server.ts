import type { Socket } from 'node:net';
import { rawAnswer, type RawHandler, type RawRequest } from '@kvasir/test-harness';

/** An answer of the honest half. */
export interface KeysAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** What a lie does with a request: answers itself, or hands it to the honest half. */
export type Lie = (request: RawRequest, store: KeysStore, socket: Socket) => KeysAnswer | string | undefined;

/** `/keys/{key}` as docs/contracts/keys.md has it, in a Map. */
export class KeysStore {
  readonly entries = new Map<string, unknown>();

  /** The honest answer. */
  answer({ method, path, body }: RawRequest): KeysAnswer {
    const key = decodeURIComponent(path.replace('/keys/', ''));
    if (method === 'POST' || method === 'PUT') {
      this.entries.set(key, (JSON.parse(body) as { value: unknown }).value);
      return {
        status: method === 'POST' ? 201 : 200,
        body: { success: true, message: 'Value stored successfully' },
      };
    }
    if (!this.entries.has(key)) {
      return { status: 404, body: { detail: { success: false, error: `Key '${key}' not found` } } };
    }
    const value = this.entries.get(key);
    if (method === 'GET') return { status: 200, body: { success: true, key, value } };
    this.entries.delete(key);
    return { status: 200, body: { success: true, message: 'Key deleted successfully' } };
  }
}

/**
 * Serves a store, with a lie where there is one.
 *
 * @param lie an answer as an object or as raw text to send; undefined when the lie has done with the socket what it wanted
 */
export function keysHandler(store: KeysStore, lie?: Lie): RawHandler {
  return (request, socket) => {
    const answer = lie === undefined ? store.answer(request) : lie(request, store, socket);
    if (answer === undefined) return;
    socket.write(
      typeof answer === 'string'
        ? answer
        : rawAnswer(answer.status, JSON.stringify(answer.body), { 'Content-Type': 'application/json' }),
    );
  };
}
