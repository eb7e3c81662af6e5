const VISIBLE = /^[\x21-\x7e]+$/;

/**
 * An API key that headers and metadata carry as it is.
 *
 * @throws RangeError for any other; it does not repeat the key
 */
export function checkedApiKey(key: string): string {
  if (!VISIBLE.test(key)) {
    throw new RangeError('the API key is empty, or holds something else than visible ASCII characters');
  }
  return key;
}
