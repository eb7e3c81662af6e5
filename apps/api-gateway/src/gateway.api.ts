import { errorStatus, WireAnswer, WireRefusal, type WireApi } from '@kvasir/http';
import { KeyInvalidError } from '@kvasir/kv-core';

/** What a missing key is called, in a body or at the end of a path. */
export const KEY_IS_REQUIRED = 'Key is required';

const EMPTY_KEY = new KeyInvalidError('the key is empty').message;

/** Everything that api-gateway serves (docs/contracts/values.md): errors are `{"error": "<text>"}`. */
export const GATEWAY_API: WireApi = {
  name: 'values',
  errors: {
    answer: (error) => {
      const known = errorStatus(error);
      if (known === undefined) return undefined;
      const isEmptyKey = error instanceof WireRefusal && error.status === 400 && error.message === EMPTY_KEY;
      return errorAnswer(known.status, isEmptyKey ? KEY_IS_REQUIRED : known.text);
    },
  },
};

/** `{"error": "<text>"}`. */
export function errorAnswer(status: number, text: string): WireAnswer<string> {
  return new WireAnswer(status, JSON.stringify({ error: text }));
}
