import { Inject } from '@nestjs/common';
import { ApiAcceptedResponse, ApiHeader, ApiOperation, ApiProperty, ApiResponse, ApiTags } from '@nestjs/swagger';
import { DEFAULT_API, WireAnswer, WireController, WirePost, WireRefusal, type WireRequest } from '@kvasir/http';
import { ENGINE_EXTRAS, type EngineExtras } from '../../store/engine-extras.token.js';
import { AdminKey } from './admin-key.js';
import { PROBLEM } from './problem.docs.js';

/** A compaction is under way. */
export class CompactDto {
  @ApiProperty({ enum: [true], type: Boolean, example: true })
  success!: boolean;

  @ApiProperty({ description: 'Whether this request started it; false when one was running already.', example: true })
  started!: boolean;
}

/** What the operator of the service asks of it, with an API key that has the verb `admin`, or with `ADMIN_KEY` in `x-api-key`. */
@ApiTags('operations')
@ApiHeader({ name: 'x-api-key', required: true, description: 'ADMIN_KEY, or an API key with the verb admin' })
@WireController('admin', DEFAULT_API)
export class AdminController {
  constructor(
    private readonly adminKey: AdminKey,
    @Inject(ENGINE_EXTRAS) private readonly engine: EngineExtras,
  ) {}

  @WirePost('compact')
  @ApiOperation({
    summary: 'Compact the log',
    description: 'Answers at once; `/stats` tells how far it is. Reads and writes go on meanwhile.',
  })
  @ApiAcceptedResponse({ type: CompactDto })
  @ApiResponse({ ...PROBLEM, status: 401, description: 'x-api-key is missing or wrong.' })
  @ApiResponse({ ...PROBLEM, status: 403, description: 'The API key does not have the verb admin.' })
  @ApiResponse({ ...PROBLEM, status: 404, description: 'The engine keeps no log.' })
  compact(request: WireRequest): WireAnswer {
    this.adminKey.require(request);
    const { compactLog } = this.engine;
    if (compactLog === undefined) throw new WireRefusal(404, 'this store has no log: its engine keeps nothing on disk');
    const body: CompactDto = { success: true, started: compactLog() };
    return new WireAnswer(202, JSON.stringify(body), { 'Cache-Control': 'no-store' });
  }
}
