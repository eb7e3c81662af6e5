import { Optional } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  ApiRefusals,
  DEFAULT_API,
  forbiddenTo,
  KEY_REFUSALS,
  ProblemDto,
  RATE_REFUSALS,
  SERVER_REFUSALS,
  WireAnswer,
  WireController,
  WireGet,
  WireRefusal,
  type WireRequest,
} from '@kvasir/http';
import { Access } from '../access/access.js';
import { ServiceMetrics } from './service-metrics.js';

const EXAMPLE =
  '# HELP kvasir_ready 1 when /health/ready is a 200, else 0.\n# TYPE kvasir_ready gauge\nkvasir_ready 1\n';

const METRICS_OFF = 'there is nothing at this path: METRICS is off';

/** What Prometheus asks (docs/operations.md). */
@ApiTags('operations')
@WireController('metrics', DEFAULT_API)
export class MetricsController {
  constructor(
    private readonly access: Access,
    @Optional() private readonly metrics?: ServiceMetrics,
  ) {}

  @WireGet()
  @ApiOperation({
    summary: 'Read the metrics',
    description: "In Prometheus's text format. With API keys it needs the verb monitor.",
  })
  @ApiOkResponse({ content: { 'text/plain': { schema: { type: 'string', example: EXAMPLE } } } })
  @ApiRefusals(DEFAULT_API, ProblemDto, {
    ...KEY_REFUSALS,
    ...forbiddenTo("'monitor'"),
    404: { when: 'METRICS is off.', text: METRICS_OFF },
    ...RATE_REFUSALS,
    ...SERVER_REFUSALS,
  })
  async read({ caller }: WireRequest): Promise<WireAnswer> {
    this.access.require(caller, 'monitor');
    const { metrics } = this;
    // Without a route here, the path would be another API's.
    if (metrics === undefined) throw new WireRefusal(404, METRICS_OFF);
    return new WireAnswer(200, await metrics.text(), { 'Cache-Control': 'no-store' }, metrics.contentType);
  }
}
