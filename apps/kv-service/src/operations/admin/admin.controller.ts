import { Inject } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOperation, ApiProperty } from '@nestjs/swagger';
import { DEFAULT_API, WireAnswer, WireController, WirePost, WireRefusal, type WireRequest } from '@kvasir/http';
import { ENGINE_EXTRAS, type EngineExtras } from '../../store/engine-extras.token.js';
import { AdminKey } from './admin-key.js';
import { AdminDocs, AdminRefusals, NeedsStore } from './admin.docs.js';

const NO_LOG = 'this store has no log: its engine keeps nothing on disk';

/** A compaction is under way. */
export class CompactDto {
  @ApiProperty({ enum: [true], type: Boolean, example: true })
  success!: boolean;

  @ApiProperty({ description: 'Whether this request started it; false when one was running already.', example: true })
  started!: boolean;
}

/** What the operator of the service asks of it, with an API key that has the verb `admin`, or with `ADMIN_KEY` in `x-api-key`. */
@AdminDocs()
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
  @NeedsStore()
  @AdminRefusals({ 404: { when: 'The engine keeps no log.', text: NO_LOG } })
  compact(request: WireRequest): WireAnswer {
    this.adminKey.require(request);
    const { compactLog } = this.engine;
    if (compactLog === undefined) throw new WireRefusal(404, NO_LOG);
    const body: CompactDto = { success: true, started: compactLog() };
    return new WireAnswer(202, JSON.stringify(body), { 'Cache-Control': 'no-store' });
  }
}
