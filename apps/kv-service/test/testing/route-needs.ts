import { createHash } from 'node:crypto';
import { expect } from '@jest/globals';
import type { Verb } from '@kvasir/kv-core';

/** A request that is allowed or refused as a whole. */
export interface RouteCase {
  readonly method: string;
  readonly path: string;
  /** Sent as JSON; a text as it is. */
  readonly body?: unknown;
  /** Default: application/json. */
  readonly contentType?: string;
  /** What the caller's key must have; all of them. `open`: no key is needed. `key`: any key will do. */
  readonly needs: readonly Verb[] | 'open' | 'key';
  /** What it needs the verbs for: keys that begin with `user:`, every key, or no key at all. */
  readonly of: 'user:' | 'every key' | 'no key';
  /** The status with such a key. */
  readonly status: number;
}

/** An error's body, in the form of its API. */
type Form = (text: unknown) => unknown;

const problem: Form = (text) => ({
  error: text,
  detail: text,
  type: expect.any(String),
  title: expect.any(String),
  status: expect.any(Number),
});
const keys: Form = (text) => ({ detail: { success: false, error: text } });
const records: Form = (text) => ({ status: 'Error', message: text });
const storeV1: Form = (text) => ({ status: 'error', message: text });

/** The form of the errors at a path (docs/errors.md). */
export function formAt(path: string): Form {
  if (path.startsWith('/keys/')) return keys;
  if (path.startsWith('/api/v1/store/')) return storeV1;
  return /^\/(?:$|(?:kv|stats|admin|health|metrics|docs)(?:[/?]|$))/.test(path) ? problem : records;
}

const KEY = 'user:1';
const value = 1;
const open = (path: string): RouteCase => ({ method: 'GET', path, needs: 'open', of: 'no key', status: 200 });
const ofUser = (
  method: string,
  path: string,
  needs: readonly Verb[],
  options: { body?: unknown; status?: number } = {},
): RouteCase => ({ method, path, needs, of: 'user:', status: 200, ...options });
const admin = (method: string, path: string, options: Partial<RouteCase> = {}): RouteCase => ({
  method,
  path,
  needs: ['admin'],
  of: 'no key',
  status: 200,
  ...options,
});
const batch = (needs: readonly Verb[], ...operations: object[]): RouteCase =>
  ofUser('POST', '/kv/batch', needs, { body: { operations } });
const bulk = (needs: readonly Verb[], ...operations: object[]): RouteCase =>
  ofUser('PUT', '/bulk', needs, { body: operations });

/**
 * Every route that there is, by its name in the OpenAPI document, with requests that show what it needs. The cases of a route come in an order in which each finds what it is for:
 * before, `user:1` is 1 and `user:new` is not there.
 */
export const ROUTE_NEEDS: Readonly<Record<string, readonly RouteCase[]>> = {
  'GET /': [open('/')],
  'GET /health': [open('/health')],
  'GET /health/live': [open('/health/live')],
  'GET /health/ready': [open('/health/ready')],
  'GET /stats': [{ method: 'GET', path: '/stats', needs: ['monitor'], of: 'no key', status: 200 }],
  'GET /metrics': [{ method: 'GET', path: '/metrics', needs: ['monitor'], of: 'no key', status: 200 }],
  'GET /kv': [{ method: 'GET', path: '/kv', needs: 'key', of: 'no key', status: 200 }],
  'GET /kv/{key}': [ofUser('GET', `/kv/${KEY}`, ['read']), ofUser('HEAD', `/kv/${KEY}`, ['read'])],
  'PUT /kv/{key}': [ofUser('PUT', `/kv/${KEY}`, ['write'], { body: { value } })],
  'DELETE /kv/{key}': [ofUser('DELETE', `/kv/${KEY}`, ['delete'])],
  'POST /kv/batch': [
    batch(['read'], { op: 'get', key: KEY }),
    batch(['write'], { op: 'set', key: KEY, value }),
    batch(['read', 'write'], { op: 'get', key: KEY }, { op: 'set', key: KEY, value }),
    batch(['delete'], { op: 'delete', key: KEY }),
    batch(['write', 'delete'], { op: 'set', key: KEY, value }, { op: 'delete', key: KEY }),
  ],
  'GET /keys/{key}': [ofUser('GET', `/keys/${KEY}`, ['read'])],
  'POST /keys/{key}': [ofUser('POST', `/keys/${KEY}`, ['write'], { body: { key: KEY, value }, status: 201 })],
  'PUT /keys/{key}': [ofUser('PUT', `/keys/${KEY}`, ['write'], { body: { key: KEY, value } })],
  'DELETE /keys/{key}': [ofUser('DELETE', `/keys/${KEY}`, ['delete'])],
  'GET /{key}': [ofUser('GET', `/${KEY}`, ['read'])],
  'PUT /{key}': [ofUser('PUT', '/user:new', ['write'], { body: { value } })],
  'DELETE /{key}': [ofUser('DELETE', `/${KEY}`, ['delete'])],
  'PUT /bulk': [
    bulk(['read'], { method: 'GET', key: KEY }),
    bulk(['delete'], { method: 'DELETE', key: KEY }),
    bulk(['write'], { method: 'PUT', key: KEY, value }),
    bulk(
      ['read', 'write', 'delete'],
      { method: 'DELETE', key: KEY },
      { method: 'PUT', key: KEY, value },
      { method: 'GET', key: KEY },
    ),
  ],
  'GET /api/v1/store/{key}': [ofUser('GET', `/api/v1/store/${KEY}`, ['read'])],
  'POST /api/v1/store/{key}': [
    ofUser('POST', `/api/v1/store/${KEY}`, ['write'], { body: { value: 'v' }, status: 201 }),
  ],
  'DELETE /api/v1/store/{key}': [ofUser('DELETE', `/api/v1/store/${KEY}`, ['delete'])],
  'GET /api/v1/store/{key}/exists': [ofUser('GET', `/api/v1/store/${KEY}/exists`, ['read'])],
  'PUT /api/v1/store/{key}/increment': [
    ofUser('PUT', `/api/v1/store/${KEY}/increment`, ['read', 'write'], { body: { increment: 1 } }),
  ],
  'POST /admin/compact': [admin('POST', '/admin/compact', { status: 202 })],
  'GET /admin/export': [admin('GET', '/admin/export', { of: 'every key' })],
  'POST /admin/import': [
    admin('POST', '/admin/import?mode=merge', {
      of: 'every key',
      contentType: 'application/x-ndjson',
      body: backupOf('user:imported'),
    }),
  ],
  'GET /admin/log-level': [admin('GET', '/admin/log-level')],
  'PUT /admin/log-level': [admin('PUT', '/admin/log-level', { body: { level: 'info' } })],
};

/** A backup of one key (docs/cli.md). */
function backupOf(key: string): string {
  const time = 1_700_000_000_000;
  const header = { format: 'kvasir-backup', version: 1, revision: 1, time, keys: 1 };
  const entry = { key, revision: 1, created: time, updated: time, value };
  const lines = `${JSON.stringify(header)}\n${JSON.stringify(entry)}\n`;
  const sha256 = createHash('sha256').update(lines).digest('hex');
  return `${lines}${JSON.stringify({ entries: 1, revision: 1, sha256 })}\n`;
}

/** An rpc, as a whole. */
export interface RpcCase {
  readonly request: object;
  readonly needs: readonly Verb[] | 'open';
}

/** Every rpc of `keyvalue.KeyValueService`, by its name in the proto. */
export const RPC_NEEDS: Readonly<Record<string, RpcCase>> = {
  Get: { request: { key: KEY }, needs: ['read'] },
  Set: { request: { key: KEY, value: 'v' }, needs: ['write'] },
  Delete: { request: { key: KEY }, needs: ['delete'] },
  Health: { request: {}, needs: 'open' },
};
