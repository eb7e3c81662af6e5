import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { ApiRefusals, RATE_REFUSALS, SERVER_REFUSALS, WireAnswer, WireController, WireGet } from '@kvasir/http';
import { NO_METRICS_KEY, NOT_FOR_CLIENTS } from '../auth/api-key-gate.js';
import { API_KEY_HEADER, METRICS_CHALLENGE } from '../auth/api-key-header.js';
import { GATEWAY_API } from '../gateway.api.js';
import { ErrorDto } from '../values/values.dto.js';
import { GatewayMetrics } from './gateway-metrics.js';

const EXAMPLE =
  '# HELP kvasir_ready 1 when /health/ready is a 200, else 0: kv-service is asked at each scrape.\n# TYPE kvasir_ready gauge\nkvasir_ready 1\n';

/** What Prometheus asks (docs/operations.md). The gate lets METRICS_KEY through and no other. */
@ApiTags('operations')
@WireController('metrics', GATEWAY_API)
export class MetricsController {
  constructor(private readonly metrics: GatewayMetrics) {}

  @WireGet()
  @ApiOperation({ summary: 'Read the metrics', description: "In Prometheus's text format. It needs METRICS_KEY." })
  @ApiSecurity(API_KEY_HEADER)
  @ApiBearerAuth()
  @ApiOkResponse({ content: { 'text/plain': { schema: { type: 'string', example: EXAMPLE } } } })
  @ApiRefusals(GATEWAY_API, ErrorDto, {
    401: {
      when: 'No key, or one that is not known.',
      text: NO_METRICS_KEY.message,
      headers: { 'WWW-Authenticate': { description: 'How a key is sent.', example: METRICS_CHALLENGE } },
    },
    403: { when: "A client's key.", text: NOT_FOR_CLIENTS.message },
    ...RATE_REFUSALS,
    ...SERVER_REFUSALS,
  })
  async read(): Promise<WireAnswer> {
    return new WireAnswer(200, await this.metrics.text(), { 'Cache-Control': 'no-store' }, this.metrics.contentType);
  }
}
