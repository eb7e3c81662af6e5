import {
  ApiRefusals,
  BODY_REFUSALS,
  COMMON_REFUSALS,
  ProblemDto,
  WRITE_REFUSALS,
  type RefusalDocs,
} from '@kvasir/http';
import { KV_API } from './kv.api.js';

/** Documents the refusals of a route besides those that every route has. */
export const Refusals = (refusals: RefusalDocs = {}): MethodDecorator =>
  ApiRefusals(KV_API, ProblemDto, { ...COMMON_REFUSALS, ...refusals });

/** Refusals of a listing: it has no key of its own, and leaves out what may not be read. */
export const LIST_REFUSALS: RefusalDocs = {
  400: {
    when: 'The prefix does not fit.',
    text: 'the prefix of a listing holds a NUL or a lone surrogate, which no key does',
  },
};

/** Refusals of a write with a body. */
export const PUT_REFUSALS: RefusalDocs = {
  400: {
    when: 'The body, or the key, does not fit; nothing was changed.',
    text: "the body has no 'value'; it is any JSON value, null included",
  },
  ...BODY_REFUSALS,
  ...WRITE_REFUSALS,
};

/** Refusals of a batch. */
export const BATCH_REFUSALS: RefusalDocs = {
  ...PUT_REFUSALS,
  400: {
    when: 'The body, or an operation, does not fit; nothing was changed.',
    text: "operations[0]: there is no 'key'",
  },
};
