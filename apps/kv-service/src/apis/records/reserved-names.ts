import { decodePercent, WireRefusal } from '@kvasir/http';

/** Names that are no record keys, now and for later routes (docs/contracts/records.md). */
const RESERVED_NAMES: ReadonlySet<string> = new Set([
  'admin',
  'api',
  'batch',
  'bulk',
  'console',
  'docs',
  'docs-json',
  'docs-yaml',
  'favicon.ico',
  'health',
  'keys',
  'kv',
  'metrics',
  'ready',
  'robots.txt',
  'stats',
  'test',
  'ui',
  'v1',
  'watch',
]);

/**
 * The refusal of a key whose name is reserved.
 *
 * @param raw the key as its path has it: a dot in front that is not percent-encoded (`/.well-known`, `/.env`) is what programs look for, not a key.
 * A key that comes in a body is never percent-encoded, so there it is `raw` itself.
 */
export function reservedRefusal(key: string, raw: string): WireRefusal | undefined {
  if (!RESERVED_NAMES.has(key) && !raw.startsWith('.')) return undefined;
  return new WireRefusal(400, `'${key}' is a reserved name`);
}

/** The same for a raw path that no record route has the method for; nothing when its name cannot be decoded either. */
export function reservedPathRefusal(path: string): WireRefusal | undefined {
  const raw = path.slice(1);
  try {
    return reservedRefusal(decodePercent(raw, 'the key'), raw);
  } catch {
    return undefined;
  }
}
