import { errorStatus, WireAnswer, type WireApi } from '@kvasir/http';
import { JsonReadError } from '@kvasir/kv-core';

/** `/api/v1/store` (docs/contracts/store.md): errors are `{"status": "error", "message": "…"}`; a body that does not fit is a 422. */
export const STORE_V1_API: WireApi = {
  name: 'store-v1',
  errors: {
    answer: (error) => {
      const known = errorStatus(error);
      if (known === undefined) return undefined;
      // Nested too deep is beyond a limit, so its 400 is everybody's.
      const misfit = error instanceof JsonReadError && error.reason !== 'depth';
      const status = misfit ? 422 : known.status;
      return new WireAnswer(status, JSON.stringify({ status: 'error', message: known.text }));
    },
  },
};
