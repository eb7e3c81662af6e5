import { Optional } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { DEFAULT_API, WireAnswer, WireController, WireGet, WireRefusal, type WireRequest } from '@kvasir/http';
import { Access } from '../access/access.js';
import { PROBLEM } from '../operations/admin/problem.docs.js';
import { ServiceMetrics } from './service-metrics.js';

const EXAMPLE =
  '# HELP kvasir_ready 1 when /health/ready is a 200, else 0.\n# TYPE kvasir_ready gauge\nkvasir_ready 1\n';

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
  @ApiProduces('text/plain')
  @ApiOkResponse({ schema: { type: 'string', example: EXAMPLE } })
  @ApiResponse({
    ...PROBLEM,
    status: 401,
    description: 'The service has API keys, and the request has none that it knows.',
  })
  @ApiResponse({ ...PROBLEM, status: 403, description: 'The API key does not have the verb monitor.' })
  @ApiResponse({ ...PROBLEM, status: 404, description: 'METRICS is off.' })
  async read({ caller }: WireRequest): Promise<WireAnswer> {
    this.access.require(caller, 'monitor');
    const { metrics } = this;
    // Without a route here, the path would be another API's.
    if (metrics === undefined) throw new WireRefusal(404, 'there is nothing at this path: METRICS is off');
    return new WireAnswer(200, await metrics.text(), { 'Cache-Control': 'no-store' }, metrics.contentType);
  }
}
