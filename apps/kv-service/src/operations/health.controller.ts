import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { DEFAULT_API, WireAnswer, WireController, WireGet } from '@kvasir/http';

/** The service answers. */
export class HealthDto {
  @ApiProperty({ enum: ['healthy'], example: 'healthy' })
  status!: string;
}

const HEALTHY = new WireAnswer(200, '{"status":"healthy"}', { 'Cache-Control': 'no-store' });

/** `GET /health` (contracts/keys.md): says that the process serves requests, nothing more. */
@ApiTags('operations')
@WireController('health', DEFAULT_API)
export class HealthController {
  @WireGet()
  @ApiOperation({ summary: 'Ask whether the service answers' })
  @ApiOkResponse({ type: HealthDto })
  health(): WireAnswer {
    return HEALTHY;
  }
}
