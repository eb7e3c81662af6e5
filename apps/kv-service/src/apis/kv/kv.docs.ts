import { ApiRefusals, BODY_REFUSALS, COMMON_REFUSALS, ProblemDto, WRITE_REFUSALS } from '@kvasir/http';
import { KV_API } from './kv.api.js';

/** Documents the refusals of a request with a body. */
export const ApiBodyErrors = (): MethodDecorator =>
  ApiRefusals(KV_API, ProblemDto, {
    400: {
      when: 'The body, or the key, does not fit; nothing was changed.',
      text: "the body has no 'value'; it is any JSON value, null included",
    },
    ...BODY_REFUSALS,
    ...WRITE_REFUSALS,
  });

/** Documents the refusals of a write without a body: a delete needs space in the log too. */
export const ApiWriteErrors = (): MethodDecorator => ApiRefusals(KV_API, ProblemDto, WRITE_REFUSALS);

/** Documents the refusals of a listing: it has no key of its own, and leaves out what may not be read. */
export const ApiListErrors = (): MethodDecorator =>
  ApiRefusals(KV_API, ProblemDto, {
    400: {
      when: 'The prefix does not fit.',
      text: 'the prefix of a listing holds a NUL or a lone surrogate, which no key does',
    },
  });

/** Documents what any request may be answered. */
export const ApiServerErrors = (): MethodDecorator => ApiRefusals(KV_API, ProblemDto, COMMON_REFUSALS);
