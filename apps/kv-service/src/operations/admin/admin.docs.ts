import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import {
  ApiRefusals,
  DEFAULT_API,
  forbiddenTo,
  ProblemDto,
  RATE_REFUSALS,
  SERVER_REFUSALS,
  STORE_REFUSALS,
  type RefusalDocs,
} from '@kvasir/http';
import { KEY_CHALLENGE } from './admin-key.js';

const ANY: RefusalDocs = {
  401: {
    when: 'x-api-key is missing or wrong.',
    text: 'the header x-api-key is missing',
    headers: { 'WWW-Authenticate': { description: 'How a key is sent.', example: KEY_CHALLENGE } },
  },
  ...forbiddenTo("'admin'"),
  ...RATE_REFUSALS,
  ...SERVER_REFUSALS,
};

/**
 * Documents a controller below `/admin`: the key that it needs, and what each of its requests may be answered.
 *
 * @param refusals besides, or instead of, those that they all have
 */
export const AdminDocs = (refusals: RefusalDocs = {}): ClassDecorator =>
  applyDecorators(
    ApiTags('operations'),
    ApiHeader({ name: 'x-api-key', required: true, description: 'ADMIN_KEY, or an API key with the verb admin' }),
    AdminRefusals({ ...ANY, ...refusals }),
  );

/** Documents refusals of a controller or a route below `/admin`. */
export const AdminRefusals = (refusals: RefusalDocs): MethodDecorator & ClassDecorator =>
  ApiRefusals(DEFAULT_API, ProblemDto, refusals);

/** Documents that a route needs the store: it may not be open. */
export const NeedsStore = (): MethodDecorator => AdminRefusals({ 503: STORE_REFUSALS[503]! });
