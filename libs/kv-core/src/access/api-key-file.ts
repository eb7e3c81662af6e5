import { createHash } from 'node:crypto';
import { JsonReadError } from '../json/json-error.js';
import { JsonReader } from '../json/json-reader.js';
import { MAX_KEY_BYTES } from '../key.js';
import { Principal } from './principal.js';
import { Rights, VERBS, type Verb } from './rights.js';

/** One key in a file of API keys. The key itself is nowhere: only its digest. */
export interface ApiKeyEntry {
  /** 1 to 64 printable characters; no other entry has it. */
  readonly name: string;
  /** SHA-256 of the key's UTF-8, 64 hexadecimal digits. */
  readonly sha256: string;
  /** One or more. */
  readonly verbs: readonly Verb[];
  /** Which keys `read`, `write` and `delete` are for; `""` is every key, `[]` none. */
  readonly prefixes: readonly string[];
}

/** A file of API keys that is not one. The message says which entry and which member, and what is allowed; it holds no digest. */
export class ApiKeyFileError extends Error {
  override readonly name = 'ApiKeyFileError';
}

const MEMBERS: ReadonlySet<string> = new Set(['name', 'sha256', 'verbs', 'prefixes'] satisfies (keyof ApiKeyEntry)[]);
/** Far more than a list of objects with lists needs. */
const MAX_DEPTH = 16;
const NAME = /^[^\p{C}\p{Zl}\p{Zp}]{1,64}$/u;
const DIGEST = /^[0-9a-f]{64}$/i;

const ALLOWED_VERBS = `one or more of ${VERBS.map((verb) => `"${verb}"`).join(', ')}, each once`;
const ALLOWED_PREFIXES = `a list of texts of at most ${MAX_KEY_BYTES} bytes without NUL; [""] is every key`;

/**
 * Reads a file of API keys: a JSON array of {@link ApiKeyEntry}.
 *
 * @throws ApiKeyFileError for anything else, unknown members and names or digests that come twice included
 */
export function parseApiKeys(text: string): ApiKeyEntry[] {
  const list = parseJson(text);
  if (!Array.isArray(list))
    throw new ApiKeyFileError('it is no JSON array; allowed is a list of keys: [{"name": …}, …]');
  const entries = list.map(entryOf);
  refuseTwice(entries, 'name', ({ name }) => name);
  refuseTwice(entries, 'sha256', ({ sha256 }) => sha256);
  return entries;
}

/** Who an entry's key stands for. */
export function principalOf({ name, verbs, prefixes }: ApiKeyEntry): Principal {
  return new Principal(name, new Rights(verbs, prefixes));
}

/** What stands for a key in the file: SHA-256 of its UTF-8, as 64 hexadecimal digits in lower case. */
export function digestOfApiKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

function parseJson(text: string): unknown {
  try {
    // Its errors say where, and quote nothing of the file.
    const reader = new JsonReader(Buffer.from(text), { maxDepth: MAX_DEPTH });
    reader.skipValue();
    reader.end();
  } catch (error) {
    if (error instanceof JsonReadError) throw new ApiKeyFileError(`it is no JSON: ${error.message}`, { cause: error });
    throw error;
  }
  return JSON.parse(text);
}

function entryOf(given: unknown, index: number): ApiKeyEntry {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new ApiKeyFileError(
      `entry ${index + 1} is no JSON object; allowed is {"name", "sha256", "verbs", "prefixes"}`,
    );
  }
  const { name, sha256, verbs, prefixes } = given as Record<keyof ApiKeyEntry, unknown>;
  const where = `entry ${index + 1}${isName(name) ? ` (${JSON.stringify(name)})` : ''}`;
  const refuse = (member: string, value: unknown, allowed: string): never => {
    const problem = value === undefined ? 'is missing' : 'does not fit';
    throw new ApiKeyFileError(`${where}: "${member}" ${problem}; allowed is ${allowed}`);
  };
  const unknown = Object.keys(given).find((member) => !MEMBERS.has(member));
  if (unknown !== undefined) {
    throw new ApiKeyFileError(
      `${where}: there is no member ${JSON.stringify(unknown)}; allowed are ${[...MEMBERS].join(', ')}`,
    );
  }
  if (!isName(name)) return refuse('name', name, '1 to 64 printable characters');
  if (typeof sha256 !== 'string' || !DIGEST.test(sha256)) {
    return refuse('sha256', sha256, 'the SHA-256 of the key as 64 hexadecimal digits');
  }
  if (!isVerbs(verbs)) return refuse('verbs', verbs, ALLOWED_VERBS);
  if (!isPrefixes(prefixes)) return refuse('prefixes', prefixes, ALLOWED_PREFIXES);
  return { name, sha256: sha256.toLowerCase(), verbs, prefixes };
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && NAME.test(value);
}

function isVerbs(value: unknown): value is Verb[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    new Set(value).size === value.length &&
    value.every((verb) => (VERBS as readonly unknown[]).includes(verb))
  );
}

function isPrefixes(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(isPrefix);
}

function isPrefix(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    value.isWellFormed() &&
    !value.includes('\0') &&
    Buffer.byteLength(value) <= MAX_KEY_BYTES
  );
}

function refuseTwice(entries: readonly ApiKeyEntry[], member: string, of: (entry: ApiKeyEntry) => string): void {
  const seen = new Map<string, number>();
  for (const [index, entry] of entries.entries()) {
    const first = seen.get(of(entry));
    if (first !== undefined) {
      throw new ApiKeyFileError(
        `entry ${index + 1} (${JSON.stringify(entry.name)}): its "${member}" is that of entry ${first + 1}; each stands for one key`,
      );
    }
    seen.set(of(entry), index);
  }
}
