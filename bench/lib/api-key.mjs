import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** As long as one that `kvasir key new` makes. */
const API_KEY = `kvasir_${'bench'.padEnd(43, '0')}`;

/** Writes an API_KEYS_FILE with one key, which may read and write everything; gives its path. */
export async function keysFile(folder) {
  const file = join(folder, 'keys.json');
  const sha256 = createHash('sha256').update(API_KEY).digest('hex');
  await writeFile(file, JSON.stringify([{ name: 'bench', sha256, verbs: ['read', 'write'], prefixes: [''] }]));
  return file;
}

/** A request that brings the key. */
export const withKey = (request) => ({ ...request, headers: { ...request.headers, 'x-api-key': API_KEY } });
