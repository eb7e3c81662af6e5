import { timingSafeEqual } from 'node:crypto';
import { ANYONE, WireRefusal, type Caller, type WireGate } from '@kvasir/http';
import { keyDigest, Principal, Rights } from '@kvasir/kv-core';
import type { ApiKeys } from './api-keys.js';
import { givenKey } from './given-key.js';
import { isOpenPath } from './open-paths.js';

const ADMIN_SUBTREE = '/admin/';

/** Who comes with ADMIN_KEY: it opens `/admin` and nothing else. */
const OPERATOR = new Principal('ADMIN_KEY', new Rights(['admin'], ['']));

const MISSING = unauthorized(
  'an API key is needed; send it in the header x-api-key, or as Authorization: Bearer <key>',
  'Bearer realm="kvasir", ApiKey header="x-api-key"',
);
const UNKNOWN = unauthorized(
  'the API key is not known here',
  'Bearer realm="kvasir", error="invalid_token", ApiKey header="x-api-key"',
);
const CONFLICT = new WireRefusal(400, 'x-api-key and Authorization bring different API keys; send one of them');

/**
 * Lets through, on all paths but those that are open to everybody, whoever brings a known API key; unknown paths need one too.
 *
 * @param adminKey ADMIN_KEY: good for `/admin` alone
 */
export function accessGate(keys: ApiKeys, adminKey: string | undefined): WireGate {
  const operatorOf = operatorFinder(adminKey);
  return (method, path, headers) => {
    if ((method === 'GET' || method === 'HEAD') && isOpenPath(path)) return ANYONE;
    const given = givenKey(headers['x-api-key']?.toString(), headers.authorization);
    if (given.kind === 'none') return MISSING;
    if (given.kind === 'conflict') return CONFLICT;
    return keys.find(given.key) ?? (path.startsWith(ADMIN_SUBTREE) ? operatorOf(given.key) : undefined) ?? UNKNOWN;
  };
}

function operatorFinder(adminKey: string | undefined): (key: string) => Caller | undefined {
  if (adminKey === undefined) return () => undefined;
  const expected = keyDigest(adminKey);
  return (key) => (timingSafeEqual(keyDigest(key), expected) ? OPERATOR : undefined);
}

function unauthorized(text: string, challenge: string): WireRefusal {
  return new WireRefusal(401, text, { headers: { 'WWW-Authenticate': challenge } });
}
