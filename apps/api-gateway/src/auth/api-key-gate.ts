import { WireRefusal, type WireGate } from '@kvasir/http';
import type { ApiKeys } from './api-keys.js';

export const API_KEY_HEADER = 'x-api-key';

/**
 * Paths that are read without a key: what probes ask, and pages that a browser opens, which cannot send the header. None of them shows or changes data; a key is asked for again by what
 * the pages then call.
 */
const OPEN_PATHS = new Set(['/', '/health', '/health/ready', '/docs', '/docs-json', '/docs-yaml']);
const OPEN_SUBTREE = '/docs/';

/** Refuses with a 401 whatever comes without one of the keys, unknown paths included. */
export function apiKeyGate(keys: ApiKeys): WireGate {
  return (method, path, headers) => {
    if (isOpen(method, path) || keys.accept(headers[API_KEY_HEADER])) return undefined;
    const problem = headers[API_KEY_HEADER] === undefined ? 'is missing' : 'is none of the keys known here';
    return new WireRefusal(401, `the header ${API_KEY_HEADER} ${problem}`, {
      headers: { 'WWW-Authenticate': 'ApiKey header="x-api-key"' },
    });
  };
}

function isOpen(method: string, path: string): boolean {
  return (method === 'GET' || method === 'HEAD') && (OPEN_PATHS.has(path) || path.startsWith(OPEN_SUBTREE));
}
