import { Inject } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  ApiRefusals,
  DEFAULT_API,
  PAGE_HEADERS,
  ProblemDto,
  RATE_REFUSALS,
  WireAnswer,
  WireController,
  WireGet,
} from '@kvasir/http';
import type { KvServiceConfig } from '../config/config.js';
import { KV_SERVICE_CONFIG } from '../config/config.token.js';

/** Where everything is, relative to the service's own address. */
const LINKS = {
  service: 'kvasir kv-service',
  docs: '/docs',
  openapi: '/docs-json',
  health: '/health',
  ready: '/health/ready',
  stats: '/stats',
  metrics: '/metrics',
  kv: '/kv',
  keys: '/keys/{key}',
  records: '/{key}',
  bulk: '/bulk',
  store: '/api/v1/store/{key}',
};

/** `GET /`: the way to everything else. */
@ApiTags('operations')
@WireController('', DEFAULT_API)
export class RootController {
  private readonly answer: WireAnswer;

  constructor(@Inject(KV_SERVICE_CONFIG) { web, metrics }: KvServiceConfig) {
    const hidden = {
      ...(web.docs === 'on' ? {} : { docs: undefined, openapi: undefined }),
      ...(metrics.enabled === 'on' ? {} : { metrics: undefined }),
    };
    this.answer = new WireAnswer(200, JSON.stringify({ ...LINKS, ...hidden }), PAGE_HEADERS);
  }

  @WireGet()
  @ApiOperation({ summary: 'Find the other addresses' })
  @ApiOkResponse({ schema: { type: 'object', additionalProperties: { type: 'string' }, example: LINKS } })
  @ApiRefusals(DEFAULT_API, ProblemDto, RATE_REFUSALS)
  links(): WireAnswer {
    return this.answer;
  }
}
