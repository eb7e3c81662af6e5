import { ApiOkResponse, ApiOperation, ApiProperty, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import { ApiRefusals, PAGE_HEADERS, RATE_REFUSALS, WireAnswer, WireController, WireGet } from '@kvasir/http';
import { errorAnswer, GATEWAY_API } from '../gateway.api.js';
import { Readiness } from '../upstream/readiness.js';
import { ErrorDto } from '../values/values.dto.js';

/** Where everything is, relative to the gateway's own address. */
const LINKS = {
  service: 'kvasir api-gateway',
  docs: '/docs',
  openapi: '/docs-json',
  health: '/health',
  ready: '/health/ready',
  values: '/v1/values',
};

const NOT_CACHED = { 'Cache-Control': 'no-store' };
const ROOT = new WireAnswer(200, JSON.stringify(LINKS), PAGE_HEADERS);
const HEALTHY = new WireAnswer(200, '{"status":"healthy"}', NOT_CACHED);
const READY = new WireAnswer(200, '{"status":"ready"}', NOT_CACHED);

/** The gateway itself answers. */
export class HealthDto {
  @ApiProperty({ enum: ['healthy'], example: 'healthy' })
  status!: string;
}

/** The gateway can serve values. */
export class ReadyDto {
  @ApiProperty({ enum: ['ready'], example: 'ready' })
  status!: string;
}

/** What needs no key: the way to everything else, and what probes ask. */
@ApiTags('operations')
@WireController('', GATEWAY_API)
export class OperationsController {
  constructor(private readonly readiness: Readiness) {}

  @WireGet()
  @ApiOperation({ summary: 'Find the other addresses' })
  @ApiOkResponse({ schema: { type: 'object', additionalProperties: { type: 'string' }, example: LINKS } })
  @ApiRefusals(GATEWAY_API, ErrorDto, RATE_REFUSALS)
  links(): WireAnswer {
    return ROOT;
  }

  @WireGet('health')
  @ApiOperation({ summary: 'Ask whether the gateway answers', description: 'Says nothing of kv-service.' })
  @ApiOkResponse({ type: HealthDto })
  health(): WireAnswer {
    return HEALTHY;
  }

  @WireGet('health/ready')
  @ApiOperation({
    summary: 'Ask whether the gateway can serve values',
    description: 'Asks kv-service, which must be ready too.',
  })
  @ApiOkResponse({ type: ReadyDto })
  @ApiServiceUnavailableResponse({ type: ErrorDto })
  async ready(): Promise<WireAnswer> {
    const problem = await this.readiness.problem();
    return problem === undefined ? READY : errorAnswer(503, problem).withHeaders(NOT_CACHED);
  }
}
