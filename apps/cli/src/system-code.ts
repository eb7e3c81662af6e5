/**
 * The code, such as `ENOENT` or `DATA_DIR_LOCKED`, of an error; undefined if it has none. Not by `instanceof`: in a test's VM context Node's errors are of another realm's class.
 */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
