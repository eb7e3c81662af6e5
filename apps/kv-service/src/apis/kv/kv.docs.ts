import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { ProblemDto } from './kv.dto.js';

function problems(descriptions: Readonly<Record<number, string>>): MethodDecorator {
  return applyDecorators(
    ...Object.entries(descriptions).map(([status, description]) =>
      ApiResponse({ status: Number(status), description, type: ProblemDto }),
    ),
  );
}

/** Documents the refusals of a request with a body. */
export const ApiBodyErrors = (): MethodDecorator =>
  problems({
    400: 'The body, or the key, does not fit; nothing was changed.',
    413: 'The body is longer than MAX_BODY_BYTES.',
    415: 'The body is not of type application/json.',
    507: 'The store or its disk is full; nothing was changed.',
  });

/** Documents what any request may be answered. */
export const ApiServerErrors = (): MethodDecorator =>
  problems({
    400: 'The key or the query does not fit.',
    503: 'The store is closing, or cannot make writes durable.',
  });
