import { errorStatus, WireAnswer, type WireApi } from '@kvasir/http';
import { JsonReadError } from '@kvasir/kv-core';
import { reservedPathRefusal } from './reserved-names.js';

/** The end of every message about a body that was refused. */
const UNCHANGED = 'No changes were made';

/** The message about a body that was refused: `problem`, and that nothing was changed. */
export function unchanged(problem: string): string {
  return `${problem}. ${UNCHANGED}`;
}

/** Records (docs/contracts/records.md): errors are `{"status": "Error", "message": "…"}`. */
export const RECORDS_API: WireApi = {
  name: 'records',
  errors: {
    answer: (error) => {
      const known = errorStatus(error);
      if (known === undefined) return undefined;
      return new WireAnswer(known.status, JSON.stringify({ status: 'Error', message: messageOf(error, known.text) }));
    },
  },
  refuseMethod: reservedPathRefusal,
};

function messageOf(error: unknown, text: string): string {
  if (!(error instanceof JsonReadError)) return text;
  // Nested too deep is no wrong JSON, but beyond a limit: only its own text says which.
  return unchanged(error.reason === 'depth' ? text : 'JSON Body is invalid');
}
