import { ApiProperty, ApiPropertyOptional, ApiExtraModels, getSchemaPath } from '@nestjs/swagger';
import { MAX_TTL_MS } from '@kvasir/kv-core';

const ANY_JSON = { description: 'Any JSON value, null included.', example: { name: 'Alice', langs: ['no', 'en'] } };
const TTL = {
  type: 'integer',
  nullable: true,
  maximum: MAX_TTL_MS / 1000,
  description: 'Seconds to live. Absent or null: for ever. 0 or less: gone at once.',
  example: 300,
} as const;

/** Body of `PUT /kv/{key}`. */
export class PutDto {
  @ApiProperty({ ...ANY_JSON, required: true })
  value: unknown;

  @ApiPropertyOptional(TTL)
  ttl?: number | null;
}

/** A key's value. */
export class ValueDto {
  @ApiProperty({ ...ANY_JSON, required: true })
  value: unknown;
}

/** A write that was done. */
export class SuccessDto {
  @ApiProperty({ enum: [true], type: Boolean, example: true })
  success!: boolean;
}

/** The keys of a listing. */
export class KeyListDto {
  @ApiProperty({ type: [String], description: 'In byte order of the key.', example: ['user:1', 'user:2'] })
  keys!: string[];
}

/** Figures of the store. */
export class StatsDto {
  @ApiProperty({ type: 'integer', description: 'Keys that a reader can see.', example: 2 })
  keys!: number;

  @ApiProperty({ type: 'integer', description: "UTF-8 bytes of all values' JSON texts.", example: 58 })
  size_bytes!: number;

  @ApiProperty({ type: 'integer', description: 'One more for each committed write.', example: 17 })
  revision!: number;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    description: 'The log, where the engine keeps one: its bytes, about what live entries take of them, compaction.',
    example: { bytes: 2048, live_bytes: 1024, compaction: { running: false, progress: null, completed: 0, failed: 0 } },
  })
  log?: object;
}

/** One operation of a batch. */
export class BatchOperationDto {
  @ApiProperty({ enum: ['set', 'get', 'delete'], example: 'set' })
  op!: string;

  @ApiProperty({ example: 'user:1' })
  key!: string;

  @ApiPropertyOptional({ ...ANY_JSON, description: 'Any JSON value, null included. A `set` needs one.' })
  value?: unknown;

  @ApiPropertyOptional({ ...TTL, description: `For a \`set\`. ${TTL.description}` })
  ttl?: number | null;
}

/** Body of `POST /kv/batch`. */
export class BatchDto {
  @ApiProperty({
    type: [BatchOperationDto],
    example: [
      { op: 'set', key: 'user:1', value: 'Alice', ttl: 300 },
      { op: 'get', key: 'user:1' },
      { op: 'delete', key: 'user:2' },
    ],
  })
  operations!: BatchOperationDto[];
}

/** What became of an operation that found nothing under its key. */
export class BatchErrorDto {
  @ApiProperty({ example: 'key not found' })
  error!: string;
}

/** What became of a batch: one result for each operation, at its index. */
@ApiExtraModels(SuccessDto, ValueDto, BatchErrorDto)
export class BatchResultsDto {
  @ApiProperty({ enum: [true], type: Boolean, example: true })
  success!: boolean;

  @ApiProperty({
    type: 'array',
    items: { oneOf: [SuccessDto, ValueDto, BatchErrorDto].map((type) => ({ $ref: getSchemaPath(type) })) },
    example: [{ success: true }, { value: 'Alice' }, { error: 'key not found' }],
  })
  results!: (SuccessDto | ValueDto | BatchErrorDto)[];
}
