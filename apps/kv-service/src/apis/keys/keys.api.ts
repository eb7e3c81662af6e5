import { errorStatus, WireAnswer, type WireApi } from '@kvasir/http';
import { JsonReadError } from '@kvasir/kv-core';
import { BodyMisfit, BodyMisfitError } from './body-misfit.js';

/**
 * `/keys` (docs/contracts/keys.md): errors are `{"detail": {"success": false, "error": "…"}}`; a body that does not fit is a 422 with
 * `{"detail": [ … ]}`, one entry for each misfit, in the form of FastAPI.
 */
export const KEYS_API: WireApi = {
  name: 'keys',
  errors: {
    answer: (error) => {
      if (error instanceof BodyMisfitError) return misfitAnswer(error.misfits);
      // Nested too deep is beyond a limit, so its 400 is everybody's.
      if (error instanceof JsonReadError && error.reason !== 'depth') return misfitAnswer([BodyMisfit.ofJson(error)]);
      const known = errorStatus(error);
      return known && new WireAnswer(known.status, JSON.stringify({ detail: { success: false, error: known.text } }));
    },
  },
};

function misfitAnswer(misfits: readonly BodyMisfit[]): WireAnswer {
  return new WireAnswer(422, JSON.stringify({ detail: misfits }));
}
