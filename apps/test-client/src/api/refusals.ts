import { ApiRefusals, BODY_REFUSALS, DEFAULT_API, ProblemDto, SERVER_REFUSALS, type RefusalDocs } from '@kvasir/http';

/** What any request may be answered. */
const ANY: RefusalDocs = {
  ...SERVER_REFUSALS,
  503: { when: 'The service is stopping.', text: 'the service is stopping' },
};

/** What a request that starts a run may be answered, when no run was made. */
export const RUN_REFUSALS: RefusalDocs = {
  400: {
    when: 'The body is neither left out nor {}.',
    text: 'this request has no parameters: the body is left out, or {}',
  },
  ...BODY_REFUSALS,
  413: { when: 'The body is longer than 16 KiB.', text: 'the body is larger than 16384 bytes' },
};

/** Documents what a route may refuse besides what every route does. */
export function TestRefusals(refusals: RefusalDocs = {}): MethodDecorator {
  return ApiRefusals(DEFAULT_API, ProblemDto, { ...refusals, ...ANY });
}
