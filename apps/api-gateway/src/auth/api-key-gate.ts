import type { IncomingHttpHeaders } from 'node:http';
import { ANYONE, WireRefusal, type Caller, type WireGate } from '@kvasir/http';
import { API_KEY_HEADER, CHALLENGE, METRICS_CHALLENGE } from './api-key-header.js';
import type { ApiKeys } from './api-keys.js';
import type { MetricsKey } from './metrics-key.js';

/**
 * Paths that are read without a key: what probes ask, and pages that a browser opens, which cannot send the header. None of them shows or changes data; a key is asked for again by what
 * the pages then call.
 */
const OPEN_PATHS = new Set(['/', '/health', '/docs', '/docs-json', '/docs-yaml']);
const OPEN_SUBTREES = ['/health/', '/docs/'];

const METRICS_PATH = '/metrics';

/** Of `/metrics` without METRICS_KEY. */
export const NO_METRICS_KEY = new WireRefusal(
  401,
  'the metrics need METRICS_KEY, as Authorization: Bearer or x-api-key',
  { headers: { 'WWW-Authenticate': METRICS_CHALLENGE } },
);
/** Of `/metrics` with a client's key. */
export const NOT_FOR_CLIENTS = new WireRefusal(403, 'this API key has no right to read the metrics; METRICS_KEY has');

/**
 * Refuses with a 401 whatever comes without one of the keys, unknown paths included.
 *
 * @param metricsKey opens `/metrics`, which no other key does, and nothing else; undefined: there is no `/metrics`
 */
export function apiKeyGate(keys: ApiKeys, metricsKey: MetricsKey | undefined): WireGate {
  return (method, path, headers) => {
    if (isOpen(method, path)) return ANYONE;
    if (metricsKey !== undefined && path === METRICS_PATH) return monitorOf(headers, keys, metricsKey);
    const caller = keys.find(headers[API_KEY_HEADER]);
    if (caller !== undefined) return caller;
    const problem = headers[API_KEY_HEADER] === undefined ? 'is missing' : 'is none of the keys known here';
    return new WireRefusal(401, `the header ${API_KEY_HEADER} ${problem}`, {
      headers: { 'WWW-Authenticate': CHALLENGE },
    });
  };
}

function monitorOf(headers: IncomingHttpHeaders, keys: ApiKeys, metricsKey: MetricsKey): Caller | WireRefusal {
  const monitor = metricsKey.find(headers);
  if (monitor !== undefined) return monitor;
  return keys.find(headers[API_KEY_HEADER]) === undefined ? NO_METRICS_KEY : NOT_FOR_CLIENTS;
}

function isOpen(method: string, path: string): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false;
  return OPEN_PATHS.has(path) || OPEN_SUBTREES.some((subtree) => path.startsWith(subtree));
}
