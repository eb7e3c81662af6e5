import { errorStatus, problemAnswer, type WireApi } from '@kvasir/http';

/** `/kv` and `/stats` (docs/contracts/kv.md): errors are `{"error": "<text>"}` with the members of RFC 9457. */
export const KV_API: WireApi = {
  name: 'kv',
  errors: {
    answer: (error) => {
      const known = errorStatus(error);
      return known && problemAnswer(known.status, known.text);
    },
  },
};
