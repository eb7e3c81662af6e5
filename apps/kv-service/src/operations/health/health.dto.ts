import { ApiProperty } from '@nestjs/swagger';

/** The service answers. */
export class HealthDto {
  @ApiProperty({ enum: ['healthy'], example: 'healthy' })
  status!: string;
}

/** The process runs. */
export class LiveDto {
  @ApiProperty({ enum: ['ok'], example: 'ok' })
  status!: string;
}

const INDICATORS = { type: 'object', additionalProperties: { type: 'object' } } as const;

/** Whether requests should be sent here, in the form of @nestjs/terminus. */
export class ReadyDto {
  @ApiProperty({ enum: ['ok', 'error'], example: 'ok' })
  status!: string;

  @ApiProperty({ ...INDICATORS, description: 'What is as it should be.', example: { store: { status: 'up' } } })
  info!: object;

  @ApiProperty({
    ...INDICATORS,
    description: 'What is not, and why: `reason`, for people; while a log is replayed also `progress`, 0 to 1.',
    example: {},
  })
  error!: object;

  @ApiProperty({ ...INDICATORS, description: 'Both.', example: { store: { status: 'up' } } })
  details!: object;
}
