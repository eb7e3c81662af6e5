import { ServiceUnavailableException } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import { HealthCheckService, HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { DEFAULT_API, WireAnswer, WireController, WireGet } from '@kvasir/http';
import { HealthDto, LiveDto, ReadyDto } from './health.dto.js';
import { Readiness } from './readiness.js';

const NOT_CACHED = { 'Cache-Control': 'no-store' };

const HEALTHY = new WireAnswer(200, '{"status":"healthy"}', NOT_CACHED);
const LIVE = new WireAnswer(200, '{"status":"ok"}', NOT_CACHED);

/** What probes ask. None of it needs a key. */
@ApiTags('operations')
@WireController('health', DEFAULT_API)
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly readiness: Readiness,
  ) {}

  /** As docs/contracts/keys.md has it: says that the process serves requests, nothing more. */
  @WireGet()
  @ApiOperation({ summary: 'Ask whether the service answers' })
  @ApiOkResponse({ type: HealthDto })
  healthy(): WireAnswer {
    return HEALTHY;
  }

  @WireGet('live')
  @ApiOperation({
    summary: 'Ask whether the process runs',
    description: 'Also while it starts or stops. Start it anew when this is not answered.',
  })
  @ApiOkResponse({ type: LiveDto })
  live(): WireAnswer {
    return LIVE;
  }

  @WireGet('ready')
  @ApiOperation({
    summary: 'Ask whether requests should be sent here',
    description: 'Not while the service starts, stops or cannot write.',
  })
  @ApiOkResponse({ type: ReadyDto })
  @ApiServiceUnavailableResponse({ type: ReadyDto, description: 'Not now: `error` says why.' })
  async ready(): Promise<WireAnswer> {
    try {
      const result = await this.health.check([() => this.checkStop(), () => this.checkStore()]);
      return new WireAnswer(200, JSON.stringify(result), NOT_CACHED);
    } catch (error) {
      if (!(error instanceof ServiceUnavailableException)) throw error;
      return new WireAnswer(503, JSON.stringify(error.getResponse()), { ...NOT_CACHED, 'Retry-After': '1' });
    }
  }

  private checkStop(): HealthIndicatorResult {
    const indicator = this.indicators.check('service');
    return this.readiness.isStopping ? indicator.down({ reason: 'the service is stopping' }) : indicator.up();
  }

  private async checkStore(): Promise<HealthIndicatorResult> {
    const indicator = this.indicators.check('store');
    const problem = await this.readiness.storeProblem();
    return problem === undefined ? indicator.up() : indicator.down({ ...problem });
  }
}
