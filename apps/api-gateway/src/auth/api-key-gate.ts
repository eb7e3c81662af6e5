import { ANYONE, WireRefusal, type WireGate } from '@kvasir/http';
import type { ApiKeys } from './api-keys.js';

export const API_KEY_HEADER = 'x-api-key';

/** `WWW-Authenticate` of every 401. */
export const CHALLENGE = `ApiKey header="${API_KEY_HEADER}"`;

/**
 * Paths that are read without a key: what probes ask, and pages that a browser opens, which cannot send the header. None of them shows or changes data; a key is asked for again by what
 * the pages then call.
 */
const OPEN_PATHS = new Set(['/', '/health', '/docs', '/docs-json', '/docs-yaml']);
const OPEN_SUBTREES = ['/health/', '/docs/'];

/** Refuses with a 401 whatever comes without one of the keys, unknown paths included. */
export function apiKeyGate(keys: ApiKeys): WireGate {
  return (method, path, headers) => {
    if (isOpen(method, path)) return ANYONE;
    const caller = keys.find(headers[API_KEY_HEADER]);
    if (caller !== undefined) return caller;
    const problem = headers[API_KEY_HEADER] === undefined ? 'is missing' : 'is none of the keys known here';
    return new WireRefusal(401, `the header ${API_KEY_HEADER} ${problem}`, {
      headers: { 'WWW-Authenticate': CHALLENGE },
    });
  };
}

function isOpen(method: string, path: string): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false;
  return OPEN_PATHS.has(path) || OPEN_SUBTREES.some((subtree) => path.startsWith(subtree));
}
