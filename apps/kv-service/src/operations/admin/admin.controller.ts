import { Inject } from '@nestjs/common';
import { ApiAcceptedResponse, ApiHeader, ApiOperation, ApiProperty, ApiResponse, ApiTags } from '@nestjs/swagger';
import { DEFAULT_API, WireAnswer, WireController, WirePost, WireRefusal, type WireRequest } from '@kvasir/http';
import { ENGINE_EXTRAS, type EngineExtras } from '../../store/store.token.js';
import { AdminKey } from './admin-key.js';

/** A compaction is under way. */
export class CompactDto {
  @ApiProperty({ enum: [true], type: Boolean, example: true })
  success!: boolean;

  @ApiProperty({ description: 'Whether this request started it; false when one was running already.', example: true })
  started!: boolean;
}

/** What a refusal of `/admin` looks like: `DEFAULT_API`'s form, the members of RFC 9457 and a text for people. */
const PROBLEM = {
  schema: {
    type: 'object',
    required: ['error', 'type', 'title', 'status', 'detail'],
    properties: {
      error: { type: 'string' },
      type: { type: 'string' },
      title: { type: 'string' },
      status: { type: 'integer' },
      detail: { type: 'string' },
    },
  },
} as const;

/** What the operator of the service asks of it, with `ADMIN_KEY` in `x-api-key`. */
@ApiTags('operations')
@ApiHeader({ name: 'x-api-key', required: true, description: 'ADMIN_KEY' })
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
  @ApiResponse({ ...PROBLEM, status: 404, description: 'The engine keeps no log.' })
  compact(request: WireRequest): WireAnswer {
    this.adminKey.require(request);
    const { compactLog } = this.engine;
    if (compactLog === undefined) throw new WireRefusal(404, 'this store has no log: its engine keeps nothing on disk');
    const body: CompactDto = { success: true, started: compactLog() };
    return new WireAnswer(202, JSON.stringify(body), { 'Cache-Control': 'no-store' });
  }
}
