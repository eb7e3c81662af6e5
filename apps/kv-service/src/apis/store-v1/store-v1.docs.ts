import { applyDecorators, type Type } from '@nestjs/common';
import { ApiExtraModels, ApiParam, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { ApiRefusals, COMMON_REFUSALS, type RefusalDocs } from '@kvasir/http';
import { STORE_V1_API } from './store-v1.api.js';
import { StoreErrorDto } from './store-v1.dto.js';

/** Refusal of a request for a key that is not there. */
export const NOT_FOUND: RefusalDocs = {
  404: { when: 'The key is not there, or has expired.', text: "Key 'visits' not found" },
};

/** Documents a route of a key: its success `{"status": "success", "data": <data>}`, and its refusals besides those that every route has. */
export function StoreRouteDocs(
  status: number,
  data: Type,
  example: Readonly<Record<string, unknown>>,
  refusals: RefusalDocs = {},
): MethodDecorator {
  return applyDecorators(
    ApiParam({ name: 'key', type: String, example: 'visits' }),
    ApiExtraModels(data),
    ApiResponse({
      status,
      description: 'Done.',
      content: {
        'application/json': {
          schema: {
            type: 'object',
            required: ['status', 'data'],
            properties: {
              status: { type: 'string', enum: ['success'] },
              data: { $ref: getSchemaPath(data) },
            },
          },
          example: { status: 'success', data: example },
        },
      },
    }),
    ApiRefusals(STORE_V1_API, StoreErrorDto, { ...COMMON_REFUSALS, ...refusals }),
  );
}
