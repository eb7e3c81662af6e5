import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const CLIENTS = 4;

/** The clients', each as long as one that `kvasir key new` makes. */
export const API_KEYS = Array.from({ length: CLIENTS }, (_, i) => `kvasir_${`bench${i}`.padEnd(43, '0')}`);

/**
 * Writes an API_KEYS_FILE; gives its path. Each client may read and write keys of its own and those that all share, `key:…`, which are the ones that benches use.
 * Nobody has a right to every key.
 */
export async function keysFile(folder) {
  const file = join(folder, 'keys.json');
  const clients = API_KEYS.map((key, i) => ({
    name: `client-${i}`,
    sha256: createHash('sha256').update(key).digest('hex'),
    verbs: ['read', 'write'],
    prefixes: [`client-${i}:`, 'key:'],
  }));
  await writeFile(file, JSON.stringify(clients));
  return file;
}

/** A request that brings a key: that of client i, counted round and round. */
export const withKey = (request, i = 0) => ({
  ...request,
  headers: { ...request.headers, 'x-api-key': API_KEYS[i % CLIENTS] },
});
