import { ApiExtraModels, ApiProperty, ApiPropertyOptional, getSchemaPath } from '@nestjs/swagger';
import { MAX_TTL_MS } from '@kvasir/kv-core';

const ANY_JSON = { description: 'Any JSON value, null included.', example: { title: 'Minutes', pages: 2 } };
const MINUTES = {
  oneOf: [
    { type: 'integer', minimum: 1, maximum: MAX_TTL_MS / 60_000 },
    { type: 'string', pattern: '^[0-9]+$' },
  ],
  nullable: true,
  description: 'Whole minutes to live. Absent or null: TLL_DEFAULT.',
  example: 30,
};

/** Body of `PUT /{key}`. */
export class RecordDto {
  @ApiProperty({ ...ANY_JSON, required: true })
  value: unknown;

  @ApiPropertyOptional(MINUTES)
  tll?: number | string | null;

  @ApiPropertyOptional({
    ...MINUTES,
    description: 'Another spelling of `tll`; only one of the two may be given.',
    example: undefined,
  })
  ttl?: number | string | null;
}

/** What was done. */
export class RecordDoneDto {
  @ApiProperty({ enum: ['Success'], example: 'Success' })
  status!: string;

  @ApiProperty({ example: "Record with the key 'note-1' was made successfully" })
  message!: string;
}

/** A record. */
export class RecordValueDto {
  @ApiProperty({ example: 'note-1' })
  key!: string;

  @ApiProperty({ ...ANY_JSON, required: true })
  value: unknown;
}

/** One operation of a bulk. */
export class BulkOperationDto {
  @ApiProperty({ enum: ['GET', 'PUT', 'DELETE'], description: 'In upper or lower case.', example: 'PUT' })
  method!: string;

  @ApiProperty({ example: 'note-1' })
  key!: string;

  @ApiPropertyOptional({ ...ANY_JSON, description: 'Any JSON value, null included. A `PUT` needs one.' })
  value?: unknown;

  @ApiPropertyOptional({ ...MINUTES, description: `For a \`PUT\`; \`ttl\` is taken too. ${MINUTES.description}` })
  tll?: number | string | null;
}

/** What became of one operation that writes, or why one failed. */
export class BulkResultDto {
  @ApiProperty({ example: 'note-1' })
  key!: string;

  @ApiProperty({ example: 'added successfully' })
  result!: string;
}

/** A bulk that was done: one detail for each operation. */
@ApiExtraModels(BulkResultDto, RecordValueDto)
export class BulkDoneDto {
  @ApiProperty({ enum: ['Success'], example: 'Success' })
  status!: string;

  @ApiProperty({ example: 'All operations completed. Changes saved.' })
  message!: string;

  @ApiProperty({
    type: 'array',
    items: { oneOf: [BulkResultDto, RecordValueDto].map((type) => ({ $ref: getSchemaPath(type) })) },
    example: [
      { key: 'note-1', result: 'added successfully' },
      { key: 'note-2', value: 'Hello' },
      { key: 'note-3', result: 'deleted successfully' },
    ],
  })
  details!: (BulkResultDto | RecordValueDto)[];
}

/** An error. */
export class RecordErrorDto {
  @ApiProperty({ enum: ['Error'], example: 'Error' })
  status!: string;

  @ApiProperty({ description: 'What was wrong.', example: "Record with the key 'note-1' not found" })
  message!: string;
}

/** A bulk that was refused: `details` has one entry for each operation that failed, and is absent when the body does not fit. */
export class BulkErrorDto extends RecordErrorDto {
  @ApiPropertyOptional({ type: [BulkResultDto] })
  details?: BulkResultDto[];
}
