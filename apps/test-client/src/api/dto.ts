import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import { KEPT_RUNS } from '../runs/run-history.js';
import { ALL_WORKFLOWS } from '../workflows/all-workflows.js';

const NAMES = ALL_WORKFLOWS.map(({ name }) => name);
const ID = '4e1b6d0a-6f2f-4bb0-a0d9-0f6a3f2f5c11';
const TIME = { format: 'date-time', example: '2026-01-31T12:00:00.000Z' } as const;

/** The service answers. */
export class HealthDto {
  @ApiProperty({ enum: ['healthy'], example: 'healthy' })
  status!: string;
}

/** What this test client is set up for. */
export class StatusDto {
  @ApiProperty({ example: 'Test client is running' })
  status!: string;

  @ApiProperty({ example: 'http://kv-service:8000' })
  kv_service_url!: string;

  @ApiProperty({ type: [String], description: 'The workflows; each runs by a POST to /test/<name>.', example: NAMES })
  workflows!: string[];

  @ApiProperty({ type: 'integer', description: 'How many runs GET /test/runs has.', example: 2 })
  runs!: number;
}

/** What a run that passed did. */
export class PassedDetailsDto {
  @ApiProperty({ type: 'integer', example: 4 })
  steps_executed!: number;

  @ApiProperty({ enum: [true], type: Boolean, example: true })
  all_assertions_passed!: boolean;
}

/** A run that passed. */
export class PassedDto {
  @ApiProperty({ enum: [true], type: Boolean, example: true })
  success!: boolean;

  @ApiProperty({ example: 'test_deletion' })
  test_name!: string;

  @ApiProperty()
  details!: PassedDetailsDto;
}

/** A run that failed. */
export class FailedDto {
  @ApiProperty({ enum: [false], type: Boolean, example: false })
  success!: boolean;

  @ApiProperty({ example: 'test_deletion' })
  test_name!: string;

  @ApiProperty({
    description: 'The step that failed; `connection` when the service could not be reached or did not answer in time.',
    example: 'verify_deletion',
  })
  step!: string;

  @ApiProperty({
    description: "What was wrong, the connection's own error, or the body of the unexpected answer.",
    example: 'Key still exists',
  })
  error!: string;
}

/** A run in the listing. */
export class RunSummaryDto {
  @ApiProperty({ format: 'uuid', example: ID })
  id!: string;

  @ApiProperty({ enum: NAMES, example: 'deletion' })
  workflow!: string;

  @ApiProperty({ example: 'test_deletion' })
  test_name!: string;

  @ApiProperty({ example: true })
  success!: boolean;

  @ApiProperty(TIME)
  started_at!: string;

  @ApiProperty({ description: 'Milliseconds, with cleaning up.', example: 12.5 })
  duration_ms!: number;

  @ApiPropertyOptional({ description: 'The step that failed.', example: 'retrieve' })
  step?: string;

  @ApiPropertyOptional({ description: 'What was wrong.', example: 'Value mismatch' })
  error?: string;
}

/** The last runs. */
export class RunListDto {
  @ApiProperty({ type: [RunSummaryDto], description: 'The newest first.' })
  runs!: RunSummaryDto[];
}

/** What was sent. */
export class SentDto {
  @ApiProperty({ example: 'GET' })
  method!: string;

  @ApiProperty({ example: '/keys/test-client-deletion-1' })
  path!: string;

  @ApiPropertyOptional({ description: 'The body as text, at most its first 2,000 characters.' })
  body?: string;

  @ApiPropertyOptional({ description: 'There was more of the body.', example: false })
  body_cut?: boolean;
}

/** What came back. */
export class ReceivedDto {
  @ApiProperty({ type: 'integer', example: 200 })
  status!: number;

  @ApiPropertyOptional({ example: 'application/json; charset=utf-8' })
  content_type?: string;

  @ApiProperty({ description: 'The body as text, at most its first 2,000 characters.' })
  body!: string;

  @ApiProperty({ description: 'There was more of the body.', example: false })
  body_cut!: boolean;
}

/** One request of a run. */
export class StepDto {
  @ApiProperty({ example: 'retrieve' })
  name!: string;

  @ApiProperty({ example: true })
  passed!: boolean;

  @ApiProperty(TIME)
  started_at!: string;

  @ApiProperty({ description: 'Milliseconds until the whole answer was there.', example: 1.25 })
  duration_ms!: number;

  @ApiProperty()
  sent!: SentDto;

  @ApiPropertyOptional({ description: 'Absent when no whole answer came.' })
  received?: ReceivedDto;

  @ApiPropertyOptional({ description: 'What was wrong.', example: 'Value mismatch' })
  error?: string;
}

/** A run with every request of it. */
export class RunDto extends RunSummaryDto {
  @ApiProperty({ type: [StepDto], description: 'The steps that were begun.' })
  steps!: StepDto[];

  @ApiProperty({ type: [StepDto], description: 'The deletions after them.' })
  clean_up!: StepDto[];
}

/** The query of the listing. */
export class RunsQueryDto {
  @ApiPropertyOptional({ enum: NAMES, description: 'Only runs of this workflow.' })
  @IsOptional()
  @IsIn(NAMES, { message: `workflow is one of ${NAMES.join(', ')}` })
  workflow?: string;

  @ApiPropertyOptional({ description: 'Only runs that passed, or only those that failed.' })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value))
  @IsIn([true, false], { message: 'success is true or false' })
  success?: boolean;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: KEPT_RUNS, description: 'At most so many runs.' })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (/^\d{1,9}$/.test(String(value)) ? Number(value) : value))
  @IsInt({ message: `limit is a whole number from 1 to ${KEPT_RUNS}` })
  @Min(1, { message: `limit is a whole number from 1 to ${KEPT_RUNS}` })
  @Max(KEPT_RUNS, { message: `limit is a whole number from 1 to ${KEPT_RUNS}` })
  limit?: number;
}
