import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOfApiKey, type Verb } from '@kvasir/kv-core';

/** What an API key of a test may do. */
export interface TestRights {
  readonly verbs: readonly Verb[];
  readonly prefixes: readonly string[];
}

/** The API key that a name stands for in a test. */
export function testApiKey(name: string): string {
  return `key-of-${name.replaceAll(' ', '-')}`;
}

/** Writes a file for API_KEYS_FILE, with the key of each name, and tells its path. */
export function writeApiKeys(directory: string, rights: Readonly<Record<string, TestRights>>): string {
  const path = join(directory, 'keys.json');
  const entries = Object.entries(rights).map(([name, { verbs, prefixes }]) => ({
    name,
    sha256: digestOfApiKey(testApiKey(name)),
    verbs,
    prefixes,
  }));
  writeFileSync(path, JSON.stringify(entries));
  return path;
}
