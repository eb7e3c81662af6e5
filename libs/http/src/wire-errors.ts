import { STATUS_CODES } from 'node:http';
import { errorStatus } from './error-status.js';
import { WireAnswer, type WireHeaders } from './wire-answer.js';
import { WireRefusal } from './wire-refusal.js';

/** An API's error form, declared once for each API. */
export interface WireErrors {
  /**
   * The answer for what went wrong: a {@link WireRefusal} (always to be answered, with its status unless the API's contract says otherwise) or whatever a handler threw.
   *
   * `undefined` says that the API does not know this error: the seam logs it and asks again with a `WireRefusal` of status 500 that tells nothing of it. Headers of a refusal
   * are added by the seam.
   */
  answer(error: unknown): WireAnswer | undefined;
}

/** One wire API: all controllers of the API name the same object. */
export interface WireApi {
  /** Short and stable, for logs and metrics: `kv`, `keys`, `store-v1`. */
  readonly name: string;
  readonly errors: WireErrors;
  /**
   * What a path of this API answers to a method that it has no route for, when that is something else than a 405 with `Allow`; `undefined` for the 405.
   *
   * @param path raw, starting with a slash
   */
  refuseMethod?(path: string): WireRefusal | undefined;
}

/** What a problem may say besides its status and text. */
export interface ProblemOptions {
  /** RFC 9457 `type`, a URI; default `about:blank`. */
  readonly type?: string;
  /** RFC 9457 `title`; default the status's own phrase, as `about:blank` asks. */
  readonly title?: string;
  /** Further members of the body, after the standard ones. */
  readonly members?: Readonly<Record<string, unknown>>;
  readonly headers?: WireHeaders;
}

/**
 * The form of `/kv` and newer APIs: `{"error": "<text>"}` (docs/contracts/kv.md) with the members of a problem (RFC 9457 section 3.1).
 */
export function problemAnswer(status: number, text: string, options: ProblemOptions = {}): WireAnswer<string> {
  const body = {
    error: text,
    type: options.type ?? 'about:blank',
    title: options.title ?? STATUS_CODES[status] ?? 'Error',
    status,
    detail: text,
    ...options.members,
  };
  return new WireAnswer(status, JSON.stringify(body), options.headers);
}

/** Owns every path that no API owns. */
export const DEFAULT_API: WireApi = {
  name: 'http',
  errors: {
    answer: (error) => {
      const known = errorStatus(error);
      return known && problemAnswer(known.status, known.text);
    },
  },
};

/** The refusal behind every unexpected error: it tells the client nothing of what failed. */
export function internalRefusal(): WireRefusal {
  return new WireRefusal(500, 'internal error');
}

/** The answer where no API's form can be had. */
export function internalAnswer(): WireAnswer<string> {
  const { status, message } = internalRefusal();
  return problemAnswer(status, message);
}
