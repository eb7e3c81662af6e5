import { validateKey } from '@kvasir/kv-core';
import { KeyRefusedError } from './errors.js';

/**
 * A key as one segment of a path, percent-encoded as UTF-8: `a/b` is `a%2Fb`.
 *
 * @throws KeyRefusedError when the store cannot hold the key (1 to 1,024 bytes of UTF-8 without NUL), and for `.` and `..`
 */
export function keySegment(key: string): string {
  try {
    validateKey(key);
  } catch (error) {
    throw new KeyRefusedError(error instanceof Error ? error.message : String(error), { cause: error });
  }
  if (key === '.' || key === '..') {
    throw new KeyRefusedError(
      `the key "${key}" cannot be asked for by its path: URL libraries and proxies fold it away, percent-encoded too ` +
        '(https://url.spec.whatwg.org/#double-dot-path-segment), so the request would reach another address. ' +
        'POST /kv/batch takes it, in the body',
    );
  }
  return encodeURIComponent(key);
}
