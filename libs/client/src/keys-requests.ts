import { checkedJsonText } from './json-values.js';
import { keySegment } from './key-segment.js';
import type { HttpRequest } from './http-message.js';

const pathOf = (key: string): string => `/keys/${keySegment(key)}`;
const bodyOf = (key: string, valueText: string): string =>
  `{"key":${JSON.stringify(key)},"value":${checkedJsonText(valueText)}}`;

/**
 * The requests of `/keys/{key}`, as data. Values are JSON text.
 *
 * Each throws a KeyRefusedError for a key that cannot be sent, and a ValueRefusedError for a text that is not JSON.
 */
export const keysRequests = {
  /** Stores a value, over an older one too: 201. */
  post: (key: string, valueText: string): HttpRequest => ({
    method: 'POST',
    path: pathOf(key),
    body: bodyOf(key, valueText),
  }),
  /** Stores a value, over an older one too: 200. */
  put: (key: string, valueText: string): HttpRequest => ({
    method: 'PUT',
    path: pathOf(key),
    body: bodyOf(key, valueText),
  }),
  /** Reads a value: 200, or 404. */
  get: (key: string): HttpRequest => ({ method: 'GET', path: pathOf(key) }),
  /** Deletes a key: 200, or 404. */
  delete: (key: string): HttpRequest => ({ method: 'DELETE', path: pathOf(key) }),
} as const;
