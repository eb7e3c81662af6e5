import { Inject } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  ApiRefusals,
  forbiddenTo,
  ProblemDto,
  STORE_REFUSALS,
  WireAnswer,
  WireController,
  WireGet,
  type WireRequest,
} from '@kvasir/http';
import { Access } from '../../access/access.js';
import { ENGINE_EXTRAS, type EngineExtras } from '../../store/engine-extras.token.js';
import { KV_API } from './kv.api.js';
import { StatsDto } from './kv.dto.js';

/** `/stats` (docs/contracts/kv.md): figures of the store as a reader sees it. */
@ApiTags('kv')
@WireController('stats', KV_API)
export class StatsController {
  constructor(
    private readonly access: Access,
    @Inject(ENGINE_EXTRAS) private readonly engine: EngineExtras,
  ) {}

  @WireGet()
  @ApiOperation({ summary: 'Count keys and bytes', description: 'Expired keys do not count.' })
  @ApiOkResponse({ type: StatsDto })
  @ApiRefusals(KV_API, ProblemDto, {
    400: {
      when: 'There is a query, and it is not well-formed.',
      text: "the query has bad percent-encoding: '%zz' is not % and two hexadecimal digits (a percent sign itself is written %25)",
    },
    ...STORE_REFUSALS,
    ...forbiddenTo("'monitor'"),
  })
  async stats({ caller }: WireRequest): Promise<WireAnswer> {
    const { keys, sizeBytes, revision } = await this.access.storeFor(caller).stats();
    const stats: StatsDto = { keys, size_bytes: sizeBytes, revision, ...this.engine.figures() };
    return new WireAnswer(200, JSON.stringify(stats), { 'Cache-Control': 'no-store' });
  }
}
