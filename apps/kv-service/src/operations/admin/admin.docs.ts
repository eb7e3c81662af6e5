import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import {
  ApiRefusals,
  COMMON_REFUSALS,
  DEFAULT_API,
  ProblemDto,
  RATE_REFUSALS,
  SERVER_REFUSALS,
  type RefusalDocs,
} from '@kvasir/http';
import { KEY_CHALLENGE } from './admin-key.js';

const ANY: RefusalDocs = {
  401: {
    when: 'x-api-key is missing or wrong.',
    text: 'the header x-api-key is missing',
    headers: { 'WWW-Authenticate': { description: 'How a key is sent.', example: KEY_CHALLENGE } },
  },
  403: { when: 'The API key does not have the verb admin.', text: "this API key has no right to 'admin'" },
  ...RATE_REFUSALS,
  ...SERVER_REFUSALS,
};

/** Documents a controller below `/admin`: the key that it needs, and what each of its requests may be answered. */
export const AdminDocs = (): ClassDecorator =>
  applyDecorators(
    ApiTags('operations'),
    ApiHeader({ name: 'x-api-key', required: true, description: 'ADMIN_KEY, or an API key with the verb admin' }),
    AdminRefusals(ANY),
  );

/** Documents refusals of a controller or a route below `/admin`. */
export const AdminRefusals = (refusals: RefusalDocs): MethodDecorator & ClassDecorator =>
  ApiRefusals(DEFAULT_API, ProblemDto, refusals);

/** Documents that a route needs the store: it may not be open. */
export const NeedsStore = (): MethodDecorator => AdminRefusals({ 503: COMMON_REFUSALS[503]! });
