import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { DEFAULT_API, WireAnswer, WireController, WireGet } from '@kvasir/http';

/** Where everything is, relative to the service's own address. */
const LINKS = {
  service: 'kvasir kv-service',
  docs: '/docs',
  openapi: '/docs-json',
  health: '/health',
  stats: '/stats',
  kv: '/kv',
  keys: '/keys/{key}',
  records: '/{key}',
  bulk: '/bulk',
  store: '/api/v1/store/{key}',
};

const ANSWER = new WireAnswer(200, JSON.stringify(LINKS));

/** `GET /`: the way to everything else. */
@ApiTags('operations')
@WireController('', DEFAULT_API)
export class RootController {
  @WireGet()
  @ApiOperation({ summary: 'Find the other addresses' })
  @ApiOkResponse({ schema: { type: 'object', additionalProperties: { type: 'string' }, example: LINKS } })
  links(): WireAnswer {
    return ANSWER;
  }
}
