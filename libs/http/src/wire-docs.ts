import { applyDecorators, type Type } from '@nestjs/common';
import { ApiResponse, type ApiResponseOptions } from '@nestjs/swagger';
import type { WireApi } from './wire-errors.js';
import { WireRefusal } from './wire-refusal.js';

/** One refusal of a route, for its documentation. */
export interface RefusalDoc {
  /** What the status means here. */
  readonly when: string;
  /** The text of the example. */
  readonly text: string;
  /** Headers that the answer has besides those of every answer. */
  readonly headers?: Readonly<Record<string, HeaderDoc>>;
}

/** A header of an answer, for its documentation. */
export interface HeaderDoc {
  readonly description: string;
  /** A number stands for a header that is a whole number. */
  readonly example: string | number;
}

/** Status → refusal. */
export type RefusalDocs = Readonly<Record<number, RefusalDoc>>;

/** What any request may be answered that is counted, which is all but those of `/health`. */
export const RATE_REFUSALS: RefusalDocs = {
  429: {
    when: 'RATE_LIMIT is set, and the API key, or the address, sends more than that. Nothing was done.',
    text: 'too many requests for this address: allowed are 100 requests a second, and 100 at once after a pause; try again in 1 s',
    headers: {
      'Retry-After': { description: 'Seconds until the next request is taken.', example: 1 },
      'RateLimit-Policy': {
        description: 'What is allowed: so many requests (q) in so many seconds (w).',
        example: '"requests";q=100;w=1',
      },
      RateLimit: {
        description: 'What is left (r), and in how many seconds there will be more (t).',
        example: '"requests";r=0;t=1',
      },
    },
  },
};

/** What a request of a path that needs an API key may be answered before it is looked at what it asks for. */
export const KEY_REFUSALS: RefusalDocs = {
  401: {
    when: 'The service has API keys, and the request has none, or an unknown one. Nothing was done.',
    text: 'the API key is not known here',
    headers: {
      'WWW-Authenticate': {
        description: 'How a key is sent.',
        example: 'Bearer realm="kvasir", ApiKey header="x-api-key"',
      },
    },
  },
};

/**
 * The refusal of a caller whose API key has no right to what is asked for.
 *
 * @param what in the words that are sent: `'monitor'`, or `read the key 'user:1'`
 */
export function forbiddenTo(what: string): RefusalDocs {
  return {
    403: {
      when: 'The API key has no right to all of what the request asks for. Nothing was done.',
      text: `this API key has no right to ${what}`,
    },
  };
}

/** What any request may be answered. */
export const SERVER_REFUSALS: RefusalDocs = {
  500: { when: 'Something failed that should not; the log tells what.', text: 'internal error' },
};

/** What any request that needs the store may be answered, in every API. */
export const STORE_REFUSALS: RefusalDocs = {
  ...KEY_REFUSALS,
  ...RATE_REFUSALS,
  ...SERVER_REFUSALS,
  503: {
    when: 'The store is not open yet, is closing, or cannot make writes durable.',
    text: 'the store is closed',
    headers: { 'Retry-After': { description: 'Seconds, where the reason passes by itself.', example: 1 } },
  },
};

/** The same, and what any request with a key or a query may be answered. */
export const COMMON_REFUSALS: RefusalDocs = {
  400: {
    when: 'The key or the query does not fit.',
    text: 'the key is empty; a key is 1 to 1024 bytes of UTF-8, any character but NUL',
  },
  ...STORE_REFUSALS,
};

/** What any request that reads a key may be answered, in every API. */
export const READ_REFUSALS: RefusalDocs = forbiddenTo("read the key 'user:1'");

/** What any request that writes may be answered, in every API. */
export const WRITE_REFUSALS: RefusalDocs = {
  ...forbiddenTo("write the key 'user:1'"),
  507: {
    when: 'The store or its disk is full; nothing was changed.',
    text: 'the store is full: its entries take about 3019898880 of the 3019898880 bytes that they may; delete keys, or raise MAX_MEMORY_BYTES',
  },
};

/** What any request that only deletes may be answered, in every API: it frees memory, and needs space in the log. */
export const DELETE_REFUSALS: RefusalDocs = {
  ...forbiddenTo("delete the key 'user:1'"),
  507: { when: 'The disk is full.', text: 'the disk of the data directory is full; nothing was changed' },
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
export function ApiRefusals(api: WireApi, form: Type, refusals: RefusalDocs): MethodDecorator & ClassDecorator {
  return applyDecorators(
    ...Object.entries(refusals).map(([code, { when, text, headers }]) => {
      const status = Number(code);
      const body = api.errors.answer(new WireRefusal(status, text))?.body;
      if (typeof body !== 'string')
        throw new Error(`${api.name} has no answer for a refusal with the status ${status}`);
      const example = JSON.parse(body) as unknown;
      return ApiResponse({ status, description: when, type: form, example, headers: headersOf(headers) });
    }),
  );
}

function headersOf(docs: RefusalDoc['headers'] = {}): ApiResponseOptions['headers'] {
  return Object.fromEntries(
    Object.entries(docs).map(([name, { description, example }]) => {
      const type = typeof example === 'number' ? 'integer' : 'string';
      return [name, { description, schema: { type, example } }];
    }),
  );
}
