import { applyDecorators, type Type } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import type { WireApi } from './wire-errors.js';
import { WireRefusal } from './wire-refusal.js';

/** One refusal of a route, for its documentation. */
export interface RefusalDoc {
  /** What the status means here. */
  readonly when: string;
  /** The text of the example. */
  readonly text: string;
}

/** Status → refusal. */
export type RefusalDocs = Readonly<Record<number, RefusalDoc>>;

/** What any request with a key may be answered, in every API. */
export const COMMON_REFUSALS: RefusalDocs = {
  400: {
    when: 'The key or the query does not fit.',
    text: 'the key is empty; a key is 1 to 1024 bytes of UTF-8, any character but NUL',
  },
  401: {
    when: 'The service has API keys, and the request has none, or an unknown one. Nothing was done.',
    text: 'the API key is not known here',
  },
  403: {
    when: 'The API key has no right to all of what the request asks for. Nothing was done.',
    text: "this API key has no right to write the key 'user:1'",
  },
  500: { when: 'Something failed that should not; the log tells what.', text: 'internal error' },
  503: { when: 'The store is not open yet, is closing, or cannot make writes durable.', text: 'the store is closed' },
};

/** What any request that writes may be answered, in every API. */
export const WRITE_REFUSALS: RefusalDocs = {
  507: {
    when: 'The store or its disk is full; nothing was changed.',
    text: 'the store has no memory left for data',
  },
};

/** What any request with a body may be answered, in every API. */
export const BODY_REFUSALS: RefusalDocs = {
  413: { when: 'The body is longer than MAX_BODY_BYTES.', text: 'the body is larger than 1048576 bytes' },
  415: {
    when: 'The body is not of type application/json.',
    text: "the Content-Type 'text/plain' is not taken; it must be application/json",
  },
};

/**
 * Documents refusals for Swagger, each with the body that the API's own error form makes of it.
 *
 * @param form the DTO that describes the form
 */
export function ApiRefusals(api: WireApi, form: Type, refusals: RefusalDocs): MethodDecorator {
  return applyDecorators(
    ...Object.entries(refusals).map(([code, { when, text }]) => {
      const status = Number(code);
      const body = api.errors.answer(new WireRefusal(status, text))?.body;
      if (typeof body !== 'string')
        throw new Error(`${api.name} has no answer for a refusal with the status ${status}`);
      return ApiResponse({ status, description: when, type: form, example: JSON.parse(body) as unknown });
    }),
  );
}
