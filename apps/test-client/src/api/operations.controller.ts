import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { DEFAULT_API, WireAnswer, WireController, WireGet } from '@kvasir/http';
import { HealthDto } from './dto.js';
import { jsonAnswer } from './json-answer.js';

/** Where everything is, relative to the service's own address. */
const LINKS = {
  service: 'kvasir test-client',
  docs: '/docs',
  openapi: '/docs-json',
  health: '/health',
  status: '/test/status',
  runs: '/test/runs',
};

/** The way to everything else, and whether the service answers. */
@ApiTags('operations')
@WireController('', DEFAULT_API)
export class OperationsController {
  @WireGet()
  @ApiOperation({ summary: 'Find the other addresses' })
  @ApiOkResponse({ schema: { type: 'object', additionalProperties: { type: 'string' }, example: LINKS } })
  links(): WireAnswer {
    return new WireAnswer(200, JSON.stringify(LINKS));
  }

  /** Says that the process serves requests, nothing of the service under test. */
  @WireGet('health')
  @ApiOperation({ summary: 'Ask whether the test client answers' })
  @ApiOkResponse({ type: HealthDto })
  health(): WireAnswer {
    return jsonAnswer({ status: 'healthy' });
  }
}
